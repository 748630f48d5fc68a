import { assert, describe, expect, it } from "@effect/vitest"
import Database from "better-sqlite3"
import { Effect, Layer, Logger, LogLevel, Option, Redacted } from "effect"
import { copyFileSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { NonceSourceInStateFolder } from "../../src/layers/kraken/nonces/NonceSourceSqlite.ts"
import { RequestStateKeyOfState } from "../../src/layers/mcp/multiRoundTrip/RequestStateKeySql.ts"
import { TokenDatabase, TokenStoreSql } from "../../src/layers/access/TokenStoreSql.ts"
import { NonceSource } from "../../src/services/NonceSource.ts"
import { RequestStateKey } from "../../src/services/RequestStateKey.ts"
import { TokenStore } from "../../src/services/TokenStore.ts"
import { makeCommandLine } from "../cli/commandLine.ts"
import { serve } from "../doubles/fake/Serve.ts"
import { asFine } from "../asFine.ts"
import { temporaryFolder } from "../temporaryFolder.ts"
import { TestConfig } from "../doubles/TestConfig.ts"
import { nextNonce } from "../doubles/turns.ts"
import { makeManualClock } from "./manualClock.ts"
import { callTool, paperDeposit, paperProduct } from "./product.ts"
import expected from "./state/1/expected.json" with { type: "json" }
import { makeHistory, makeLiveHistory, makeMarket, reads } from "./state/history.ts"
import { bearerOf, type TestPrincipal } from "../doubles/TestPrincipal.ts"

type Json = ReturnType<typeof JSON.parse>

const written = join(import.meta.dirname, "state", "1")

/** Makes a folder with copies of the stored files. */
const copies = Effect.tap(temporaryFolder, (folder) => {
  for (const name of readdirSync(written)) copyFileSync(join(written, name), join(folder, name))
})

/** Runs an effect at the time at which the files were written. */
const then = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  effect.pipe(
    Effect.withClock(makeManualClock(expected.synthetic.now).clock),
    Logger.withMinimumLogLevel(LogLevel.None),
    Effect.scoped
  )

const use = (tool: string, args: object = {}, caller?: TestPrincipal) =>
  Effect.map(callTool(tool, args, caller), ({ error, result }): Json => {
    assert.isNotTrue(result?.isError ?? error, `${tool}: ${JSON.stringify(error ?? result?.content)}`)
    return result?.structuredContent
  })

/** Fields of times. Answers had them in Unix seconds when the files were written. */
const times = new Set([
  "time",
  "opentm",
  "closetm",
  "starttm",
  "expiretm",
  "createdtm",
  "completedtm",
  "datastarttm",
  "dataendtm"
])

const withUnixTimes = (value: Json): Json => {
  if (Array.isArray(value)) return value.map(withUnixTimes)
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, times.has(name) ? unixOf(String(inner)) : withUnixTimes(inner)])
  )
}

/** Reads an ISO date as Unix seconds, with all its digits. */
const unixOf = (iso: string) => Number(`${Date.parse(`${iso.slice(0, 19)}Z`) / 1000}${iso.slice(19, -1)}`)

/** Asserts that the account has everything recorded of it. Answers can have new fields by now. */
const hasAll = (account: Readonly<Record<string, object>>, caller?: TestPrincipal) =>
  Effect.forEach(Object.entries(reads), ([tool, args]) =>
    Effect.map(use(tool, args, caller), (answer) => {
      assert.isDefined(account[tool])
      const known = account[tool] ?? {}
      expect(asFine(withUnixTimes(answer), known)).toMatchObject(known)
    })
  )

describe("a paper.db of version 1", () => {
  it.live("leads to the same accounts on the computed market", () =>
    Effect.gen(function* () {
      const folder = yield* copies
      const { local, token } = expected.synthetic
      const known = local.get_open_orders.orders.map(({ txid }) => txid)
      const txid = yield* Effect.gen(function* () {
        yield* hasAll(local)
        yield* hasAll(token, bearerOf("aabbccddeeff", "paper"))
        const order = { pair: "BTC/USD", type: "buy", ordertype: "limit", volume: "0.001", price: "1000" }
        return (yield* use("add_order", order)).txid[0]
      }).pipe(Effect.provide(paperProduct(folder)))
      // New entries are kept beside the old ones.
      const { orders } = yield* Effect.provide(use("get_open_orders"), paperProduct(folder))
      assert.deepStrictEqual(orders.map(({ txid }: Json) => txid).toSorted(), [...known, txid].toSorted())
      assert.lengthOf(known, 5)
    }).pipe(then)
  )

  it.live("leads to the same account on a market that is looked at", () =>
    Effect.gen(function* () {
      const { url } = yield* serve(makeMarket())
      const changes = { paperMarket: "live", baseUrl: url } as const
      yield* Effect.provide(hasAll(expected.live.local), paperProduct(yield* copies, changes))
    }).pipe(then)
  )

  it.scopedLive("is shown by the command line", () =>
    Effect.gen(function* () {
      const { run } = yield* makeCommandLine
      const env = { MCP_KRAKEN_STATE_DIR: yield* copies }
      const { code, stderr, stdout } = yield* run(["paper", "show", "--market", "live", "--json"], env)
      assert.strictEqual(code, 0, stderr)
      const [order] = expected.live.local.get_open_orders.orders
      assert.deepInclude(JSON.parse(stdout), {
        account: "local",
        balances: expected.live.local.get_extended_balance.balances.map(({ asset, balance, hold_trade }) => ({
          asset,
          balance,
          in_orders: hold_trade
        })),
        open_orders: [{ txid: order?.txid, order: "buy 0.20000000 XBTUSD @ limit 90000.0", status: "open" }]
      })
    })
  )

  it.live("knows every command and parameter by the name that is kept today", () => {
    const { clock, pass } = makeManualClock(expected.synthetic.now)
    return Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const { url } = yield* serve(makeMarket())
      const hands = { use, refused: callTool, pass, deposit: paperDeposit(folder) }
      yield* Effect.provide(makeHistory(hands), paperProduct(folder))
      const live = paperProduct(folder, { paperMarket: "live", baseUrl: url })
      yield* Effect.provide(makeLiveHistory({ use }), live)
      const names = namesIn(join(folder, "paper.db"))
      // Names can be added. None can be removed, and none can change its meaning.
      assert.includeMembers([...names], [...namesIn(join(yield* copies, "paper.db"))])
      yield* matches("state/names.txt", `${names.join("\n")}\n`)
    }).pipe(Effect.withClock(clock), Logger.withMinimumLogLevel(LogLevel.None), Effect.scoped)
  })
})

const matches = (file: string, text: string) => Effect.promise(() => expect(text).toMatchFileSnapshot(file))

/** Lists the commands of a journal with the names of their parameters, without names that are data, such as assets. */
const namesIn = (file: string): ReadonlyArray<string> => {
  const db = new Database(file, { readonly: true })
  const rows = db.prepare("SELECT endpoint, params FROM journal").all() as Array<{ endpoint: string; params: string }>
  db.close()
  const found = new Set(rows.flatMap(({ endpoint, params }) => [endpoint, ...paths(JSON.parse(params), endpoint)]))
  return [...found].toSorted()
}

/** Names of parameters whose keys are ids. */
const byId = new Set(["balances", "assets", "pairs"])

const paths = (value: unknown, path: string): ReadonlyArray<string> => {
  if (Array.isArray(value)) return value.flatMap((item) => paths(item, `${path}[]`))
  if (typeof value !== "object" || value === null) return []
  return Object.entries(value).flatMap(([name, inner]) => {
    const here = `${path}${byId.has(path.split(".").at(-1) ?? "") ? ".*" : `.${name}`}`
    return [here, ...paths(inner, here)]
  })
}

describe("a tokens.db of version 1", () => {
  /** Verifies each stored token. */
  const verified = (
    file: string,
    mode: "live" | "paper",
    tokens: Readonly<Record<string, { readonly id: string; readonly secret: string }>>
  ) =>
    Effect.flatMap(TokenStore, ({ verify }) =>
      Effect.map(
        Effect.forEach(Object.entries(tokens), ([name, { id, secret }]) =>
          verify(Redacted.make(secret)).pipe(
            Effect.map(
              Option.match({ onNone: () => "refused", onSome: (token) => (token.id === id ? "taken" : token.id) })
            ),
            Effect.catchTag("TokenForPaper", ({ _tag }) => Effect.succeed(_tag)),
            Effect.map((outcome) => [name, outcome] as const)
          )
        ),
        (outcomes): Record<string, string> => Object.fromEntries(outcomes)
      )
    ).pipe(
      Effect.provide(Layer.provide(Layer.provide(TokenStoreSql, TokenDatabase), TestConfig({ mode, tokenDb: file }))),
      Effect.scoped
    )

  it.live.each([
    ["live", "TokenForPaper"],
    ["paper", "taken"]
  ] as const)("lets in over %s who was let in, and nobody else", ([mode, paper]) =>
    Effect.gen(function* () {
      const outcomes = yield* verified(join(yield* copies, "tokens.db"), mode, expected.tokens)
      const others = { live: "taken", lasting: "taken", expired: "refused", revoked: "refused" }
      assert.deepStrictEqual(outcomes, { ...others, paper })
    }).pipe(Effect.scoped)
  )

  it.live("of the Python server lets in who was let in", () =>
    Effect.gen(function* () {
      const outcomes = yield* verified(join(yield* copies, "tokens-python.db"), "live", expected.python)
      assert.deepStrictEqual(outcomes, { active: "taken", expired: "refused", revoked: "refused" })
    }).pipe(Effect.scoped)
  )

  it.scopedLive.each([
    ["tokens.db", Object.values(expected.tokens)],
    ["tokens-python.db", Object.values(expected.python)]
  ] as const)("%s is listed by the command line", ([file, tokens]) =>
    Effect.gen(function* () {
      const { run } = yield* makeCommandLine
      const env = { MCP_KRAKEN_TOKEN_DB: join(yield* copies, file) }
      const { code, stderr, stdout } = yield* run(["token", "list", "--all", "--json"], env)
      assert.strictEqual(code, 0, stderr)
      const listed = JSON.parse(stdout).map(({ id, modes, name, status }: Json) => [id, name, status, modes.join()])
      const status = (name: string) => (/short/.test(name) ? "expired" : /lost/.test(name) ? "revoked" : "active")
      assert.sameDeepMembers(
        listed,
        tokens.map(({ id, name }) => [id, name, status(name), name === "trial" ? "paper" : "live,paper"])
      )
    })
  )
})

describe("a state folder of version 1", () => {
  it.live.each(Object.entries(expected.nonces))("has nonces of %s that are counted on from", ([key, last]) =>
    Effect.gen(function* () {
      const credentials = { key: Redacted.make(key), secret: Redacted.make("c2VjcmV0"), otp: Option.none() }
      const config = TestConfig({ stateDir: yield* copies, credentials: Option.some(credentials) })
      const nonce = yield* Effect.gen(function* () {
        const source = yield* NonceSource
        return yield* nextNonce(source)
      }).pipe(Effect.provide(Layer.provide(NonceSourceInStateFolder, config)))
      // These nonces came from a clock that was far ahead.
      assert.strictEqual(nonce, BigInt(last) + 1n)
    }).pipe(Effect.scoped)
  )

  it.live.each(["live", "paper"] as const)(
    "has the key of request states in %s mode, and knows the used ones",
    (mode) =>
      Effect.gen(function* () {
        const { key, redeem } = yield* RequestStateKey
        assert.strictEqual(Buffer.from(Redacted.value(yield* key)).toString("base64"), expected.seals[mode])
        assert.isFalse(yield* redeem("used", 8_000_000_000_000))
        assert.isTrue(yield* redeem("new", 8_000_000_000_000))
      }).pipe(
        Effect.provide(
          Layer.unwrapEffect(
            Effect.map(copies, (stateDir) => Layer.provide(RequestStateKeyOfState, TestConfig({ mode, stateDir })))
          )
        ),
        Effect.scoped
      )
  )
})
