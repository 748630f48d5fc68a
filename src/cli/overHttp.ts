import { DateTime, Effect, Layer } from "effect"
import process from "node:process"
import { Http, Listening } from "../layers/Http.ts"
import { EdgeMux } from "../layers/mcp/EdgeMux.ts"
import { McpServerEarly } from "../layers/McpServerEarly.ts"
import { TokenStoreSqlite } from "../layers/TokenStoreSqlite.ts"
import { Config } from "../services/Config.ts"
import { isActive, TokenStore } from "../services/TokenStore.ts"
import { howToConnect } from "./howToConnect.ts"
import { Product } from "./product.ts"

/** Says how to get in, where nobody could. */
const welcome = Effect.gen(function* () {
  const { port } = yield* Listening
  const config = { ...(yield* Config), port }
  const tokens = yield* TokenStore
  const now = yield* DateTime.now
  const hasToken = (yield* tokens.list).some((token) => isActive(token, now))
  const lines = howToConnect(config, hasToken)
  yield* Effect.sync(() => process.stderr.write(`${lines.join("\n")}\n`))
})

const HttpServer = Http.pipe(Layer.provide(EdgeMux), Layer.provide(Product), Layer.provide(McpServerEarly))

/** Serves over HTTP. The tools are there before anybody can connect. */
export const overHttp = Effect.gen(function* () {
  const { authDisabled } = yield* Config
  if (authDisabled) {
    yield* Effect.logWarning(
      "AUTHENTICATION IS OFF (MCP_KRAKEN_AUTH_DISABLED=true): whoever reaches this port uses the Kraken account."
    )
  }
  return yield* Effect.provide(Effect.zipRight(welcome, Effect.never), HttpServer)
}).pipe(Effect.provide(TokenStoreSqlite))
