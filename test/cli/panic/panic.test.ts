import type { Client } from "@modelcontextprotocol/sdk/client/index.js"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { FakeKraken } from "../../doubles/FakeKraken.ts"
import { layout } from "../../../src/layers/access/record/layout.ts"
import { recordFile } from "../../../src/layers/access/record/recordFile.ts"
import { openImmediateDatabase } from "../../../src/layers/storage/immediateDatabase.ts"
import { makeHouse, overStdio, serveHttp } from "../../serve/Server.ts"
import { type Ended, makeCommandLine } from "../commandLine.ts"
import { hasTerminals, onTerminal } from "../onTerminal.ts"

const order = { pair: "BTC/USD", type: "buy", ordertype: "limit", price: "20000", volume: "0.01" }

const call = (client: Client, name: string, args: object = {}) =>
  Effect.promise(() => client.callTool({ name, arguments: { ...args } }))

/** Names the error of a call. Undefined without one. */
const errorOf = ({ content, isError }: Awaited<ReturnType<Client["callTool"]>>): string | undefined =>
  isError === true ? JSON.stringify(content) : undefined

const report = ({ stdout }: Pick<Ended, "stdout">) => JSON.parse(stdout)

const openAt = ({ orders }: FakeKraken) => orders.all().flatMap(({ status, txid }) => (status === "open" ? [txid] : []))

const place = (fake: FakeKraken, count: number, params: object = {}) =>
  Array.from(
    { length: count },
    () =>
      fake.orders.add(
        { pair: "XBTUSD", type: "buy", ordertype: "limit", volume: "0.1", price: "100", ...params },
        { now: Date.now() }
      ).txid
  )

/** A fake Kraken, and commands with the settings of its key. */
const makeHome = Effect.gen(function* () {
  const house = yield* makeHouse
  const { run: runWith } = yield* makeCommandLine
  const without = (...names: ReadonlyArray<string>) =>
    Object.fromEntries(Object.entries(house.variables).filter(([name]) => !names.includes(name)))
  return {
    ...house,
    keyless: without("KRAKEN_API_KEY", "KRAKEN_API_SECRET", "KRAKEN_BASE_URL"),
    cli: (words: string, env: Record<string, string> = house.variables) => runWith(words.split(" "), env)
  }
})

/** Resumes with a word that is typed on a terminal. */
const resume = (env: Record<string, string>, word: string) => onTerminal(["resume"], env, word)

describe("panic", () => {
  it.scopedLive("writes the open orders to a file for the owner only, and puts its stop on disk", () =>
    Effect.gen(function* () {
      const { cli, fake, folder } = yield* makeHome
      const ids = place(fake, 3)
      const ended = yield* cli("panic --json")
      const { list } = report(ended).accounts[0]
      assert.strictEqual(statSync(list).mode & 0o777, 0o600)
      assert.sameMembers(Object.keys(JSON.parse(readFileSync(list, "utf8")).orders.open), ids)
      assert.isTrue(existsSync(join(folder, "halt.json")))
      assert.strictEqual(ended.code, 0)
    })
  )

  it.scopedLive.each([
    ["is wrong", { MCP_KRAKEN_PORT: "many", MCP_KRAKEN_TIER: "gold", MCP_KRAKEN_ORDER_DEADLINE: "x" }],
    ["has a wrong mode", { MCP_KRAKEN_MODE: "moon" }]
  ] as const)("works while another setting %s", ([, more]) =>
    Effect.gen(function* () {
      const { cli, fake, folder, variables } = yield* makeHome
      place(fake, 3)
      // With a record, in which no write is under way, it does not have to wait for the deadline of orders.
      yield* Effect.scoped(openImmediateDatabase({ file: join(folder, recordFile), layout }))
      assert.strictEqual((yield* cli("panic", { ...variables, ...more })).code, 0)
      assert.isEmpty(openAt(fake))
    })
  )

  it.scopedLive.each(["panic --scope mine", "panic --withdrawals all", "panic --unknown"])(
    "ends with 2, and freezes nothing, for %s",
    (words) =>
      Effect.gen(function* () {
        const { cli, folder } = yield* makeHome
        assert.strictEqual((yield* cli(words)).code, 2)
        assert.isFalse(existsSync(join(folder, "halt.json")))
      })
  )

  /** Makes the record unusable. */
  const spoil = {
    missing: () => undefined,
    damaged: (file: string) => writeFileSync(file, "no database".repeat(100))
  }

  it.scopedLive.each(["missing", "damaged"] as const)(
    "freezes by the file alone if the record is %s, says so, and cancels",
    (state) =>
      Effect.gen(function* () {
        const { cli, fake, folder, variables } = yield* makeHome
        spoil[state](join(folder, "authority.db"))
        place(fake, 3)
        const ended = yield* cli("panic --json", { ...variables, MCP_KRAKEN_ORDER_DEADLINE: "2" })
        assert.strictEqual(ended.code, 0)
        assert.isEmpty(openAt(fake))
        assert.deepInclude(report(ended).frozen, { file: true, record: false })
        assert.lengthOf(report(ended).notes, 1)
      })
  )
})

describe("panic without an API key", () => {
  it.scopedLive("freezes, and ends with 1 if no server can cancel", () =>
    Effect.gen(function* () {
      const { cli, fake, folder, keyless } = yield* makeHome
      place(fake, 3)
      const ended = yield* cli("panic --json", keyless)
      assert.strictEqual(ended.code, 1)
      assert.deepInclude(report(ended), { done: false, accounts: [] })
      assert.lengthOf(report(ended).problems, 1)
      assert.isTrue(existsSync(join(folder, "halt.json")))
      assert.lengthOf(openAt(fake), 3)
      assert.isEmpty(readdirSync(folder).filter((name) => name.startsWith("panic-")))
    })
  )

  it.scopedLive("freezes although the key is only half given, and says so", () =>
    Effect.gen(function* () {
      const { cli, folder, keyless } = yield* makeHome
      const ended = yield* cli("panic --json", { ...keyless, KRAKEN_API_KEY: "key" })
      assert.strictEqual(ended.code, 1)
      assert.include(report(ended).problems[0], "KRAKEN_API_SECRET")
      assert.isTrue(existsSync(join(folder, "halt.json")))
    })
  )

  it.scopedLive("is not served by a server that only reads", () =>
    Effect.gen(function* () {
      const { cli, fake, keyless, ...house } = yield* makeHome
      yield* serveHttp(house, [], { MCP_KRAKEN_READ_ONLY: "true" })
      place(fake, 1)
      assert.strictEqual((yield* cli("panic", keyless)).code, 1)
      assert.lengthOf(openAt(fake), 1)
    })
  )
})

describe("panic in paper mode", () => {
  it.scopedLive("cancels on the simulated accounts of the state folder", () =>
    Effect.gen(function* () {
      const { cli, folder, keyless } = yield* makeHome
      const paper = { ...keyless, MCP_KRAKEN_MODE: "paper", MCP_KRAKEN_PAPER_MARKET: "synthetic" }
      const client = yield* overStdio({ folder, variables: paper })
      assert.isUndefined(errorOf(yield* call(client, "add_order", { ...order, price: "1000" })))
      const ended = yield* cli("panic --json", paper)
      assert.strictEqual(ended.code, 0)
      assert.deepInclude(report(ended).accounts[0], { account: "local", empty: true, open_before: 1 })
      assert.include(errorOf(yield* call(client, "add_order", { ...order, price: "1001" })), "frozen")
    })
  )
})

describe("resume", () => {
  it.scopedLive.skipIf(!hasTerminals)("needs a person on a terminal, and the right word", () =>
    Effect.gen(function* () {
      const { cli, fake, folder, variables } = yield* makeHome
      assert.strictEqual((yield* cli("resume")).code, 0)
      place(fake, 2)
      yield* cli("panic")
      const [added] = place(fake, 1)
      const piped = yield* cli("resume")
      assert.strictEqual(piped.code, 1)
      assert.include(piped.stderr, "2 are gone")
      assert.include(piped.stderr, String(added))
      // A program could write the word to a file as well.
      assert.strictEqual((yield* cli("resume --passphrase-fd 0")).code, 1)
      assert.strictEqual((yield* cli("resume --passphrase-fd first")).code, 2)
      assert.strictEqual((yield* resume(variables, "yes")).code, 1)
      assert.isTrue(existsSync(join(folder, "halt.json")))
      assert.strictEqual((yield* resume(variables, "resume")).code, 0)
      assert.isFalse(existsSync(join(folder, "halt.json")))
    })
  )

  it.scopedLive("does not go on if the record cannot be read, since nobody knows who may", () =>
    Effect.gen(function* () {
      const { cli, folder } = yield* makeHome
      yield* cli("panic")
      writeFileSync(join(folder, "authority.db"), "no database".repeat(100))
      assert.strictEqual((yield* cli("resume")).code, 1)
      assert.isTrue(existsSync(join(folder, "halt.json")))
    })
  )
})
