import { Effect, Layer, Option, Redacted } from "effect"
import { subscribe, unsubscribe } from "node:diagnostics_channel"
import type { IncomingMessage } from "node:http"
import { CallersLocal } from "../../src/layers/access/callers/CallersLocal.ts"
import { MandatesSql } from "../../src/layers/access/mandates/MandatesSql.ts"
import { McpHttpHandlerStreamable } from "../../src/layers/mcp/http/McpHttpHandlerStreamable.ts"
import { McpServerEarly } from "../../src/layers/mcp/server/McpServerEarly.ts"
import { Product } from "../../src/server/product.ts"
import { Config } from "../../src/services/Config.ts"
import { testConfig } from "../doubles/TestConfig.ts"
import { Operated } from "../doubles/TestPrincipal.ts"
import { servedExchange } from "../exchange/rest/served.ts"
import { callTool } from "../golden/product.ts"
import { temporaryFolder } from "../temporaryFolder.ts"

/** The simulated exchange over real sockets, the product that uses it, and the REST requests that it has received. */
export const liveProduct = Effect.fnUntraced(function* (
  changes: Partial<typeof Config.Service> = {},
  keyName = "full"
) {
  const exchange = yield* servedExchange()
  const requests: Array<string> = []
  const port = new URL(exchange.url).port
  const count = (message: unknown) => {
    const { request }: { readonly request: IncomingMessage } = Object(message)
    if (String(request.socket.localPort) !== port) return
    const { pathname } = new URL(request.url ?? "", exchange.url)
    if (!pathname.startsWith("/admin")) requests.push(pathname.split("/").slice(2).join("/"))
  }
  yield* Effect.acquireRelease(
    Effect.sync(() => subscribe("http.server.request.start", count)),
    () => Effect.sync(() => unsubscribe("http.server.request.start", count))
  )
  const given = exchange.keys[keyName]
  const credentials = Option.map(Option.fromNullable(given), ({ key, secret }) => ({
    key: Redacted.make(key),
    secret: Redacted.make(secret),
    otp: Option.none()
  }))
  const config = testConfig({
    credentials,
    baseUrl: exchange.url,
    feed: "auto",
    feedUrls: { market: `${exchange.wsUrl}/v2`, account: `${exchange.wsUrl}/auth/v2` },
    stateDir: yield* temporaryFolder,
    tier: "pro",
    ...changes
  })
  const layer = McpHttpHandlerStreamable.pipe(
    Layer.provide(Layer.provide(Product, [MandatesSql, CallersLocal])),
    Layer.provide(McpServerEarly),
    Layer.provide(Layer.succeed(Config, config)),
    Layer.merge(Operated)
  )
  return { ...exchange, requests, layer }
})

/** Calls a tool, and returns its answer with its origin. */
export const look = Effect.fnUntraced(function* (name: string, args: object = {}) {
  const { result } = yield* callTool(name, args)
  const { "mcp-kraken/age_ms": age, "mcp-kraken/source": source } = result?._meta ?? {}
  return {
    answer: Object(result?.structuredContent),
    isError: result?.isError === true,
    source,
    age,
    text: result?.content
  }
})

/** Calls a tool until its answer comes from live data. */
export const lookUntilLive = Effect.fnUntraced(function* (name: string, args: object = {}) {
  for (let n = 0; n < 200; n++) {
    const found = yield* look(name, args)
    if (found.source === "websocket") return found
    yield* Effect.sleep("30 millis")
  }
  return yield* Effect.dieMessage(`${name} is never answered from live data`)
})
