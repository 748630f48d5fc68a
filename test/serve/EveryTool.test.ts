import { it } from "@effect/vitest"
import { Clock, Effect, Layer, Logger, LogLevel, Option, Redacted, type Scope } from "effect"
import { join } from "node:path"
import { Products } from "../../src/server/accounts.ts"
import { HttpListener, Listening } from "../../src/layers/http/HttpListener.ts"
import { McpHttpHandlerStreamable } from "../../src/layers/mcp/http/McpHttpHandlerStreamable.ts"
import { McpServerEarly } from "../../src/layers/mcp/server/McpServerEarly.ts"
import { CallersByToken } from "../../src/layers/access/callers/CallersByToken.ts"
import { MandatesSql } from "../../src/layers/access/mandates/MandatesSql.ts"
import { TokenDatabase, TokenStoreSql } from "../../src/layers/access/TokenStoreSql.ts"
import { TokenStore } from "../../src/services/TokenStore.ts"
import { servedExchange } from "../exchange/rest/served.ts"
import { TestConfig } from "../doubles/TestConfig.ts"
import { temporaryFolder } from "../temporaryFolder.ts"
import { type AnyClient, useEveryTool } from "./everyTool.ts"
import { houseBeside, overHttp, overHttpNewest, serveHttp } from "./Server.ts"

/** Two clients: the SDK's current one, and one of the newest protocol revision. */
const clients: Record<
  string,
  (server: { readonly url: string; readonly token: string }) => Effect.Effect<AnyClient, never, Scope.Scope>
> = {
  "2025-11-25": overHttp,
  "2026-07-28": overHttpNewest
}

it.scopedLive.each(Object.entries(clients))(
  "every tool works over %s, and its answer matches its schema",
  ([, connect]) =>
    Effect.gen(function* () {
      const { rest, keys, url } = yield* servedExchange()
      const client = yield* connect(yield* serveHttp(yield* houseBeside(url, keys["full"]!)))
      /** The seconds that have passed at the exchange. */
      const pass = (seconds: number) => Effect.sync(() => void (rest.ahead += seconds * 1000))
      yield* useEveryTool(client, pass)
    })
)

/** The machine's clock, with a function that moves it forward. */
const makeClock = () => {
  const real = Clock.make()
  let ahead = 0
  const now = () => real.unsafeCurrentTimeMillis() + ahead
  const nanos = () => real.unsafeCurrentTimeNanos() + BigInt(ahead) * 1_000_000n
  const clock: Clock.Clock = Object.assign(Clock.make(), {
    unsafeCurrentTimeMillis: now,
    unsafeCurrentTimeNanos: nanos,
    currentTimeMillis: Effect.sync(now),
    currentTimeNanos: Effect.sync(nanos)
  })
  return { clock, pass: (seconds: number) => Effect.sync(() => void (ahead += seconds * 1000)) }
}

/** The product in paper mode, served over HTTP by this process, with a token for it. */
const paper = Effect.gen(function* () {
  const folder = yield* temporaryFolder
  const settings = TestConfig({
    mode: "paper",
    paperMarket: "synthetic",
    paperBalances: { USD: "100000", BTC: "10", ETH: "10" },
    stateDir: folder,
    tokenDb: join(folder, "tokens.db"),
    tier: "off"
  })
  const server = HttpListener.pipe(
    Layer.provide(McpHttpHandlerStreamable),
    Layer.provide(Products(CallersByToken)),
    Layer.provide(McpServerEarly)
  )
  const context = yield* Layer.build(
    server.pipe(
      Layer.provide(MandatesSql),
      Layer.provideMerge(TokenStoreSql),
      Layer.provide(TokenDatabase),
      Layer.provide(settings)
    )
  )
  return yield* Effect.gen(function* () {
    const { port } = yield* Listening
    const { secret } = yield* (yield* TokenStore).create({ name: "test", paperOnly: false, expiresIn: Option.none() })
    return { url: `http://127.0.0.1:${port}/mcp`, token: Redacted.value(secret) }
  }).pipe(Effect.provide(context))
})

it.scopedLive.each(Object.entries(clients))("every tool works on paper over %s", ([, connect]) => {
  const { clock, pass } = makeClock()
  return Effect.gen(function* () {
    yield* useEveryTool(yield* connect(yield* paper), pass)
  }).pipe(Effect.withClock(clock), Logger.withMinimumLogLevel(LogLevel.None))
})
