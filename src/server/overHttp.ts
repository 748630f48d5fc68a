import { DateTime, Effect, Layer, Option } from "effect"
import { escapeLines } from "../domain/wire/escapeText.ts"
import { HttpListener, Listening } from "../layers/http/HttpListener.ts"
import { isLoopback } from "../layers/network/loopback.ts"
import { urlHost } from "../layers/network/urlHost.ts"
import { load } from "../layers/process/load.ts"
import { toStderr } from "../layers/telemetry/stderr.ts"
import { McpHttpHandlerStreamable } from "../layers/mcp/http/McpHttpHandlerStreamable.ts"
import { McpServerEarly } from "../layers/mcp/server/McpServerEarly.ts"
import { CallersByToken } from "../layers/access/callers/CallersByToken.ts"
import { CallersLocal } from "../layers/access/callers/CallersLocal.ts"
import { TokenDatabase, TokenStoreSql } from "../layers/access/TokenStoreSql.ts"
import { MandatesSql } from "../layers/access/mandates/MandatesSql.ts"
import { SharedPostgresOfSettings } from "../layers/storage/SharedPostgres.ts"
import { OperatorSecretSql } from "../layers/access/secret/OperatorSecretSql.ts"
import { requireForTokens } from "../layers/access/secret/requireForTokens.ts"
import { PassphraseTerminal } from "../layers/terminal/PassphraseTerminal.ts"
import { LocalAccount } from "../layers/settings/ofAccount.ts"
import { Config } from "../services/Config.ts"
import { Mandates } from "../services/Mandates.ts"
import { TokenStore } from "../services/TokenStore.ts"
import { isActive, opens } from "../layers/access/tokenRules.ts"
import { announce } from "./announce.ts"
import { howToConnect } from "./howToConnect.ts"
import { Products } from "./accounts.ts"
import { MetricsAddress, CollectedForExport } from "./observed.ts"
import { logUnlimitedCaller } from "./unlimited.ts"

/**
 * Prints how to connect, and makes the first token if requested. The token is written only to the terminal, not to the
 * log, and after all earlier lines of the log.
 */
const welcome = Effect.fnUntraced(function* (firstToken: boolean, envFile: Option.Option<string>) {
  const { port } = yield* Listening
  const config = { ...(yield* Config), port }
  const lines = howToConnect(config, yield* access(firstToken && !config.authDisabled), envFile)
  yield* Effect.sync(() => toStderr(escapeLines(lines.join("\n")), true))
})

/** Lists the tokens that are valid, in this mode or not. */
const activeTokens = Effect.gen(function* () {
  const now = yield* DateTime.now
  return (yield* (yield* TokenStore).list).filter((token) => isActive(token, now))
})

/** Requires the operator secret if a first token has to be made, before clients can connect. */
const requireForFirst = Effect.gen(function* () {
  const { authDisabled, mode } = yield* Config
  if (authDisabled || mode === "paper" || (yield* activeTokens).some((token) => opens(token, mode))) return
  yield* requireForTokens("Creating the first token")
})

/** The most names of tokens in one line of the log. */
const mostNames = 10

/** Logs the tokens that have no limits. On paper there is nothing to lose. */
const logUnlimited = Effect.gen(function* () {
  const { mode } = yield* Config
  if (mode === "paper") return
  const { ofToken } = yield* Mandates
  const active = (yield* activeTokens).filter((token) => opens(token, mode) && !token.marks.includes("mandate"))
  const unlimited = yield* Effect.filter(active, ({ id }) =>
    Effect.map(
      Effect.orElseSucceed(ofToken(id), () => Option.none()),
      Option.isNone
    )
  )
  if (unlimited.length === 0) return
  const names = unlimited.slice(0, mostNames).map(({ id, name }) => `${name} (${id})`)
  const more = unlimited.length > mostNames ? ` and ${unlimited.length - mostNames} more` : ""
  yield* Effect.logWarning(
    `Tokens without limits: ${unlimited.length}, which can do everything that this server offers: ${names.join(", ")}${more}. token update ID sets limits.`
  )
})

/** Leaves a file that describes this server, if it uses the state folder. */
const announceHttp = Effect.gen(function* () {
  const { authDisabled, host, path, tls } = yield* Config
  const { port } = yield* Listening
  const scheme = Option.isSome(tls) ? "https" : "http"
  const address = `${scheme}://${urlHost(host)}:${port}${path}`
  yield* announce({ address, isLocal: isLoopback(host) }, authDisabled ? "local" : "tokens")
})

/** Finds the tokens that clients can use, and makes the first one if requested. */
const access = Effect.fnUntraced(function* (firstToken: boolean) {
  const { mode } = yield* Config
  const tokens = yield* TokenStore
  const active = yield* activeTokens
  if (active.some((token) => opens(token, mode))) return { _tag: "Some", explain: firstToken } as const
  if (!firstToken) return { _tag: "None", forPaper: active.length > 0 } as const
  const { secret: token } = yield* tokens.create({
    name: "first",
    paperOnly: mode === "paper",
    expiresIn: Option.none()
  })
  return { _tag: "New", token } as const
})

/** The callers that this server knows. Without authentication, they are the user who started it. */
const KnownCallers = Layer.unwrapEffect(
  Effect.map(Config, ({ authDisabled }) => (authDisabled ? CallersLocal : CallersByToken))
)

const HttpServer = Layer.mergeAll(HttpListener, MetricsAddress, CollectedForExport).pipe(
  Layer.provide(McpHttpHandlerStreamable),
  Layer.provide(Products(KnownCallers)),
  Layer.provide(McpServerEarly)
)

/** The page for approvals, if the settings have one. */
const Page = Layer.unwrapEffect(
  Effect.gen(function* () {
    const { operator } = yield* Config
    if (operator === undefined) return Layer.empty
    const { operatorPage } = yield* load(() => import("./operatorPage.ts"))
    return operatorPage(operator)
  })
)

/** Serves over HTTP. The tools are loaded before clients can connect. */
export const overHttp = Effect.fnUntraced(
  function* ({ envFile, firstToken, passphraseFd }: OverHttp) {
    const { authDisabled, host, mode, tls } = yield* Config
    if (authDisabled) {
      yield* Effect.logWarning(
        mode === "paper"
          ? "AUTHENTICATION IS OFF (MCP_KRAKEN_AUTH_DISABLED=true): every client that reaches this port uses one simulated account."
          : "AUTHENTICATION IS OFF (MCP_KRAKEN_AUTH_DISABLED=true): every client that reaches this port uses the Kraken account."
      )
    }
    if (Option.isNone(tls) && !isLoopback(host)) {
      yield* Effect.logWarning(
        `Other machines can connect to ${host} without TLS, and tokens and answers can be read on the way. Use MCP_KRAKEN_HOST=localhost if only this machine connects, or TLS (MCP_KRAKEN_SSL_KEYFILE and MCP_KRAKEN_SSL_CERTFILE, or a proxy). In a container, publish the port on 127.0.0.1.`
      )
    }
    if (firstToken)
      yield* Effect.provide(requireForFirst, Layer.merge(OperatorSecretSql, PassphraseTerminal(passphraseFd)))
    yield* authDisabled ? Effect.provide(logUnlimitedCaller, LocalAccount) : logUnlimited
    const serving = announceHttp.pipe(Effect.zipRight(welcome(firstToken, envFile)), Effect.zipRight(Effect.never))
    return yield* Effect.provide(Effect.scoped(serving), Layer.merge(HttpServer, Page))
  },
  Effect.provide(
    Layer.merge(Layer.provideMerge(TokenStoreSql, TokenDatabase), MandatesSql).pipe(
      Layer.provideMerge(SharedPostgresOfSettings)
    )
  )
)

interface OverHttp {
  /** Makes a token if there is none, and shows it. */
  readonly firstToken: boolean
  /** The file descriptor from which the operator passphrase is read. None: it is typed. */
  readonly passphraseFd: Option.Option<number>
  readonly envFile: Option.Option<string>
}
