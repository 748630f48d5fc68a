import { Effect, Layer } from "effect"
import { Agent } from "node:http"
import { Config } from "../../../services/Config.ts"
import { clientOver, HttpClientKeepAlive } from "./HttpClientKeepAlive.ts"
import { findProxy, type Proxy } from "./proxy.ts"

/** Makes an HTTP client that reaches https through a tunnel of the proxy, which therefore sees neither keys nor calls. */
const throughProxy = (proxy: Proxy) =>
  clientOver(
    Effect.map(
      Effect.promise(() => import("./TunnelAgent.ts")),
      ({ TunnelAgent }) => ({ http: new Agent(), https: new TunnelAgent(proxy) })
    )
  )

/** The client of `HttpClientKeepAlive`, through the proxy of the environment if there is one. `what` begins its log line. */
const clientFor = Effect.fnUntraced(function* (url: string, what: string) {
  const proxy = yield* findProxy(url)
  if (proxy === undefined) return HttpClientKeepAlive
  yield* Effect.logInfo(`${what} go through the proxy ${proxy.url.host}, which ${proxy.variable} names`)
  return throughProxy(proxy)
})

/** The client of calls to Kraken. */
export const HttpClientThroughProxy = Layer.unwrapEffect(
  Effect.flatMap(Config, ({ baseUrl }) => clientFor(baseUrl, "Calls to Kraken"))
)

/** The client of notifications. */
export const HttpClientForNotices = (url: string) => Layer.unwrapEffect(clientFor(url, "Notifications"))

/** The client of traces and metrics. */
export const HttpClientForTelemetry = (url: string) => Layer.unwrapEffect(clientFor(url, "Traces and metrics"))
