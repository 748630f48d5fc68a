import { Effect, Layer } from "effect"
import { Agent } from "node:http"
import { Config } from "../../../services/Config.ts"
import { clientOver, HttpClientAbortable, HttpClientKeepAlive } from "./HttpClientKeepAlive.ts"
import { makeAbortableHttpClient, makeHttpClient } from "./nodeHttpClient.ts"
import { findProxy, type Proxy } from "./proxy.ts"

/** Makes connections that reach https through a tunnel of the proxy, which therefore sees neither keys nor calls. */
const tunnels = (proxy: Proxy) =>
  Effect.map(
    Effect.promise(() => import("./TunnelAgent.ts")),
    ({ TunnelAgent }) => ({ http: new Agent(), https: new TunnelAgent(proxy) })
  )

/** Finds the proxy of the environment, and logs it. `what` begins the log line. */
const foundProxy = Effect.fnUntraced(function* (url: string, what: string) {
  const proxy = yield* findProxy(url)
  if (proxy !== undefined)
    yield* Effect.logInfo(`${what} go through the proxy ${proxy.url.host}, which ${proxy.variable} names`)
  return proxy
})

/** The client of `HttpClientAbortable`, through the proxy of the environment if there is one. */
const abortableFor = (url: string, what: string) =>
  Layer.unwrapEffect(
    Effect.map(foundProxy(url, what), (proxy) =>
      proxy === undefined ? HttpClientAbortable : clientOver(tunnels(proxy), makeAbortableHttpClient)
    )
  )

/** The client of calls to Kraken: that of `HttpClientKeepAlive`, through the proxy of the environment if there is one. */
export const HttpClientThroughProxy = Layer.unwrapEffect(
  Effect.gen(function* () {
    const { baseUrl } = yield* Config
    const proxy = yield* foundProxy(baseUrl, "Calls to Kraken")
    return proxy === undefined ? HttpClientKeepAlive : clientOver(tunnels(proxy), makeHttpClient)
  })
)

/** The client of notifications. */
export const HttpClientForNotices = (url: string) => abortableFor(url, "Notifications")

/** The client of traces and metrics. */
export const HttpClientForTelemetry = (url: string) => abortableFor(url, "Traces and metrics")
