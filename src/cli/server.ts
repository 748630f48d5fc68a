import { Cause, DateTime, Effect, Layer } from "effect"
import process from "node:process"
import { ConfigEnv, SettingsError } from "../layers/ConfigEnv.ts"
import { Http, Listening } from "../layers/Http.ts"
import { HttpClientKeepAlive } from "../layers/HttpClientKeepAlive.ts"
import { KrakenClientHttp } from "../layers/KrakenClientHttp.ts"
import { KrakenWriterSettling } from "../layers/KrakenWriterSettling.ts"
import { Logging } from "../layers/Logging.ts"
import { EdgeMux } from "../layers/mcp/EdgeMux.ts"
import { McpServerSdk } from "../layers/McpServer.ts"
import { NamesKraken } from "../layers/NamesKraken.ts"
import { NonceSourceSqlite } from "../layers/NonceSourceSqlite.ts"
import { PermissionCacheKraken } from "../layers/PermissionCacheKraken.ts"
import { RateBudgetModel } from "../layers/RateBudgetModel.ts"
import { SealKeySqlite } from "../layers/SealKeySqlite.ts"
import { serveStdio } from "../layers/Stdio.ts"
import { TokenStoreSqlite } from "../layers/TokenStoreSqlite.ts"
import { Config } from "../services/Config.ts"
import { isActive, TokenStore } from "../services/TokenStore.ts"
import { InternalError } from "./errors.ts"
import { howToConnect } from "./howToConnect.ts"

/** Everything that tools need, on the real Kraken. */
const Kraken = KrakenWriterSettling.pipe(
  Layer.provideMerge(Layer.merge(NamesKraken, PermissionCacheKraken)),
  Layer.provideMerge(KrakenClientHttp),
  Layer.provide([HttpClientKeepAlive, NonceSourceSqlite]),
  Layer.provideMerge(RateBudgetModel)
)

const Mcp = McpServerSdk.pipe(Layer.provideMerge(Kraken), Layer.provide(SealKeySqlite))

const HttpServer = Http.pipe(Layer.provide(EdgeMux), Layer.provide(Mcp))

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

const overHttp = Effect.gen(function* () {
  const { authDisabled } = yield* Config
  if (authDisabled) {
    yield* Effect.logWarning(
      "AUTHENTICATION IS OFF (MCP_KRAKEN_AUTH_DISABLED=true): whoever reaches this port uses the Kraken account."
    )
  }
  return yield* Effect.provide(Effect.zipRight(welcome, Effect.never), HttpServer)
}).pipe(Effect.provide(TokenStoreSqlite))

const overStdio = serveStdio(process.stdin, process.stdout).pipe(Effect.provide(Mcp))

/** Says what the settings leave in doubt. Until there is a simulated account, nobody who asks for it gets the real one. */
const checkSettings = Effect.gen(function* () {
  const { mode, notices } = yield* Config
  yield* Effect.forEach(notices, (notice) => Effect.logWarning(notice), { discard: true })
  if (mode === "paper") {
    return yield* new SettingsError({ problems: ["MCP_KRAKEN_MODE: there is no paper mode in this version"] })
  }
})

/** What nobody foresaw goes to the log that knows the secrets. */
const told = <E>(cause: Cause.Cause<E>): Effect.Effect<never, E | InternalError> =>
  Cause.isDie(cause)
    ? Effect.zipRight(
        Effect.logFatal("Internal error", cause),
        new InternalError({ message: "The server ended because of an internal error." })
      )
    : Effect.failCause(cause)

/** Serves until the process is told to stop, or, over stdio, until the input ends. */
export const server = ({ flags, stdio }: { readonly flags: ReadonlyMap<string, string>; readonly stdio: boolean }) =>
  Effect.provide(
    Effect.zipRight(checkSettings, stdio ? overStdio : overHttp).pipe(Effect.catchAllCause(told)),
    Logging().pipe(Layer.provideMerge(ConfigEnv(flags)))
  )
