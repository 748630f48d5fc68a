/**
 * Wrote the files of this folder, once: `node --import ./scripts/typescript.mjs test/golden/state/make.ts FOLDER`. They
 * hold the state of the code at that time and are never written again: later code has to open them unchanged.
 */
import Database from "better-sqlite3"
import { Duration, Effect, Layer, Logger, LogLevel, Option, Redacted } from "effect"
import { createHash } from "node:crypto"
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { argv, exit } from "node:process"
import { NonceSourceInStateFolder } from "../../../src/layers/kraken/nonces/NonceSourceSqlite.ts"
import { RequestStateKeyOfState } from "../../../src/layers/mcp/multiRoundTrip/RequestStateKeySql.ts"
import { TokenDatabase, TokenStoreSql } from "../../../src/layers/access/TokenStoreSql.ts"
import { NonceSource } from "../../../src/services/NonceSource.ts"
import { RequestStateKey } from "../../../src/services/RequestStateKey.ts"
import { TokenStore } from "../../../src/services/TokenStore.ts"
import { serve } from "../../doubles/fake/Serve.ts"
import { TestConfig } from "../../doubles/TestConfig.ts"
import { nextNonce } from "../../doubles/turns.ts"
import { makeManualClock } from "../manualClock.ts"
import { callTool, paperDeposit, paperProduct } from "../product.ts"
import { makeHistory, makeLiveHistory, makeMarket, reads } from "./history.ts"
import { bearerOf } from "../../doubles/TestPrincipal.ts"

type Json = ReturnType<typeof JSON.parse>

const folder = argv[2] ?? ""
mkdirSync(folder, { recursive: true })

const start = Date.UTC(2026, 10, 27, 9)
const { clock, now, pass } = makeManualClock(start)

const use = (tool: string, args: object = {}) =>
  Effect.flatMap(callTool(tool, args), ({ error, result }): Effect.Effect<Json> => {
    const isFine = result !== undefined && result.isError !== true
    return isFine ? Effect.succeed(result.structuredContent) : Effect.dieMessage(JSON.stringify([tool, error, result]))
  })

const readAll = (caller?: Parameters<typeof callTool>[2]) =>
  Effect.map(
    Effect.forEach(Object.entries(reads), ([tool, args]) =>
      Effect.map(callTool(tool, args, caller), ({ result }) => [tool, result?.structuredContent])
    ),
    Object.fromEntries
  )

/** Makes the operator's account and one of a token's bearer on the synthetic market. */
const synthetic = Effect.gen(function* () {
  yield* makeHistory({ use, refused: callTool, pass, deposit: paperDeposit(folder) })
  const bearer = bearerOf("aabbccddeeff", "paper")
  yield* callTool("add_order", { pair: "BTC/USD", type: "sell", ordertype: "market", volume: "1" }, bearer)
  yield* pass(60)
  return { now: now(), local: yield* readAll(), token: yield* readAll(bearer) }
}).pipe(Effect.provide(paperProduct(folder)))

/** Makes the operator's account on a live market. */
const live = Effect.gen(function* () {
  const { url } = yield* serve(makeMarket())
  return yield* Effect.gen(function* () {
    yield* makeLiveHistory({ use })
    return { local: yield* readAll() }
  }).pipe(Effect.provide(paperProduct(folder, { paperMarket: "live", baseUrl: url })))
})

/** Makes tokens of each kind, and describes them. */
const tokens = Effect.gen(function* () {
  const store = yield* TokenStore
  const make = (name: string, paperOnly: boolean, expiresIn?: Duration.DurationInput) =>
    Effect.map(
      store.create({ name, paperOnly, expiresIn: Option.map(Option.fromNullable(expiresIn), Duration.decode) }),
      ({ secret, token }) => ({ name, id: token.id, secret: Redacted.value(secret) })
    )
  const made = {
    live: yield* make("desk", false),
    paper: yield* make("trial", true),
    lasting: yield* make("for a century", false, "36500 days"),
    expired: yield* make("short", false, "1 second"),
    revoked: yield* make("lost", false)
  }
  yield* store.revoke(made.revoked.id)
  return made
}).pipe(
  Effect.provide(
    Layer.provide(
      Layer.provide(TokenStoreSql, TokenDatabase),
      TestConfig({ mode: "live", tokenDb: join(folder, "tokens.db") })
    )
  )
)

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex")

/** Makes the token table of the Python server. */
const pythonTokens = () => {
  const db = new Database(join(folder, "tokens-python.db"))
  db.pragma("journal_mode = WAL")
  db.exec(`CREATE TABLE IF NOT EXISTS tokens (
      id TEXT PRIMARY KEY,
      name TEXT NOT NULL,
      token_hash TEXT NOT NULL UNIQUE,
      created_at TEXT NOT NULL,
      expires_at TEXT,
      revoked_at TEXT,
      last_used_at TEXT
    );
    CREATE INDEX IF NOT EXISTS idx_tokens_hash ON tokens(token_hash);`)
  const insert = db.prepare("INSERT INTO tokens VALUES (?, ?, ?, ?, ?, ?, ?)")
  const make = (name: string, letter: string, ...times: ReadonlyArray<string | null>) => {
    const secret = `mck_${letter.repeat(43)}`
    insert.run(sha256(secret).slice(0, 12), name, sha256(secret), ...times)
    return { name, id: sha256(secret).slice(0, 12), secret }
  }
  const made = {
    active: make(
      "python desk",
      "a",
      "2026-01-01T10:00:00.123456+00:00",
      null,
      null,
      "2026-02-01T00:00:00.000001+00:00"
    ),
    expired: make("python short", "b", "2026-01-02T10:00:00+00:00", "2026-01-03T10:00:00+00:00", null, null),
    revoked: make("python lost", "c", "2026-01-03T10:00:00.5+00:00", null, "2026-01-04T00:00:00.000001+00:00", null)
  }
  db.close()
  return made
}

/** Makes the nonces of two keys. The second key counts in nanoseconds, on a clock that was far ahead. */
const nonces = Effect.gen(function* () {
  const ahead = makeManualClock(Date.UTC(2199, 0)).clock
  const last = (key: string, jump: boolean) =>
    Effect.gen(function* () {
      const source = yield* NonceSource
      if (jump) yield* source.jump
      return String(yield* nextNonce(source))
    }).pipe(
      Effect.provide(
        Layer.provide(
          NonceSourceInStateFolder,
          TestConfig({
            stateDir: folder,
            credentials: Option.some({ key: Redacted.make(key), secret: Redacted.make("c2VjcmV0"), otp: Option.none() })
          })
        )
      ),
      Effect.withClock(ahead)
    )
  return { "a key": yield* last("a key", false), "a key that jumped": yield* last("a key that jumped", true) }
})

/** Makes the key of request states and one used request state, for live and paper mode. */
const seals = Effect.forEach(["live", "paper"] as const, (mode) =>
  Effect.gen(function* () {
    const { key, redeem } = yield* RequestStateKey
    yield* redeem("used", 8_000_000_000_000)
    return [mode, Buffer.from(Redacted.value(yield* key)).toString("base64")] as const
  }).pipe(Effect.provide(Layer.provide(RequestStateKeyOfState, TestConfig({ mode, stateDir: folder }))))
).pipe(Effect.map(Object.fromEntries))

const expected = await Effect.runPromise(
  Effect.all({ synthetic, live, tokens, python: Effect.sync(pythonTokens), nonces, seals }).pipe(
    Effect.scoped,
    Effect.withClock(clock),
    Logger.withMinimumLogLevel(LogLevel.Warning)
  )
)
for (const name of ["paper", "tokens", "tokens-python", "nonces", "seals", "paper-seals"]) {
  const db = new Database(join(folder, `${name}.db`))
  db.exec("VACUUM")
  db.close()
}
writeFileSync(join(folder, "expected.json"), `${JSON.stringify(expected, undefined, 2)}\n`)
exit()
