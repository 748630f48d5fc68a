import type { Client } from "@modelcontextprotocol/sdk/client/index.js"
import { assert, describe, it } from "@effect/vitest"
import Database from "better-sqlite3"
import { Clock, Effect, Fiber, Predicate, Schedule } from "effect"
import type { ChildProcessWithoutNullStreams } from "node:child_process"
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { FakeKraken } from "../../doubles/FakeKraken.ts"
import { writeHaltFile } from "../../../src/layers/access/halt/haltFile.ts"
import { append } from "../../../src/layers/access/record/append.ts"
import { claimRequest } from "../../../src/layers/kraken/writes/panic/panicFiles.ts"
import { layout } from "../../../src/layers/access/record/layout.ts"
import { recordFile } from "../../../src/layers/access/record/recordFile.ts"
import { announceServer } from "../../../src/layers/process/runningServers.ts"
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

/** A fake Kraken, and commands with the settings of its key. Its record is empty, so that no write is waited for. */
const makeHome = Effect.gen(function* () {
  const house = yield* makeHouse
  yield* Effect.scoped(openImmediateDatabase({ file: join(house.folder, recordFile), layout }))
  const { run: runWith, runOpen } = yield* makeCommandLine
  const without = (...names: ReadonlyArray<string>) =>
    Object.fromEntries(Object.entries(house.variables).filter(([name]) => !names.includes(name)))
  return {
    ...house,
    runOpen,
    keyless: without("KRAKEN_API_KEY", "KRAKEN_API_SECRET", "KRAKEN_BASE_URL"),
    cli: (words: string, env: Record<string, string> = house.variables) => runWith(words.split(" "), env)
  }
})

/** Records a write on a real account. */
const used = (folder: string, key: string, endpoint: "private/AddOrder" | "private/CancelAll" = "private/AddOrder") =>
  Effect.gen(function* () {
    const db = yield* openImmediateDatabase({ file: join(folder, recordFile), layout })
    yield* db.write(({ wall }) =>
      append({
        kind: "intent",
        at: wall,
        actor: { id: "local" },
        key,
        account: "kraken",
        endpoint,
        request: {},
        fingerprints: [],
        leaveBy: wall - 120_000
      })
    )
  }).pipe(Effect.scoped)

/** Resumes with a word that is typed on a terminal. */
const resume = (env: Record<string, string>, word: string, meanwhile?: () => void) =>
  onTerminal(["resume"], env, word, meanwhile)

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
      const { cli, fake, variables } = yield* makeHome
      place(fake, 3)
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

  /** Ends a command by Ctrl-C once it has cancelled and waits. It would wait for a minute. */
  const interruptedWhileWaiting = (child: ChildProcessWithoutNullStreams) => {
    child.stderr.on("data", (chunk: Buffer) => {
      if (String(chunk).includes("Waiting for writes")) child.kill("SIGINT")
    })
  }

  /** Makes the record unusable. */
  const spoil = {
    missing: (file: string) => rmSync(file),
    damaged: (file: string) => writeFileSync(file, "no database".repeat(100))
  }

  it.scopedLive.each(["missing", "damaged"] as const)(
    "freezes by the file alone if the record is %s, cancels, and waits for writes that might be under way",
    (state) =>
      Effect.gen(function* () {
        const { fake, folder, runOpen, variables } = yield* makeHome
        spoil[state](join(folder, recordFile))
        place(fake, 3)
        const ended = yield* runOpen(["panic", "--json"], variables, interruptedWhileWaiting)
        assert.strictEqual(ended.code, 130)
        assert.include(ended.stderr, "The file alone stops.")
        assert.isTrue(existsSync(join(folder, "halt.json")))
        assert.isEmpty(openAt(fake))
      })
  )

  it.scopedLive("cancels although the state folder cannot be used, and says that nothing is frozen", () =>
    Effect.gen(function* () {
      const { fake, folder, runOpen, variables } = yield* makeHome
      place(fake, 3)
      const file = join(folder, "no folder")
      writeFileSync(file, "")
      const env = { ...variables, MCP_KRAKEN_STATE_DIR: file }
      const ended = yield* runOpen(["panic", "--json"], env, interruptedWhileWaiting)
      assert.strictEqual(ended.code, 130)
      assert.lengthOf(ended.stderr.split("NOT FROZEN"), 3)
      assert.isEmpty(openAt(fake))
    })
  )

  it.scopedLive("stops the usual folder, and real trading, whatever a .env says that nobody named", () =>
    Effect.gen(function* () {
      const { run, folder } = yield* makeCommandLine
      const other = join(folder, "other")
      writeFileSync(join(folder, ".env"), `MCP_KRAKEN_MODE=paper\nMCP_KRAKEN_STATE_DIR=${other}\nnot a line\n`)
      const ended = yield* run(["panic", "--json"])
      assert.strictEqual(ended.code, 1)
      const usual = join(folder, ".local", "state", "mcp-kraken")
      assert.include(ended.stderr.split("\n")[0], `live) through the state folder ${usual}`)
      assert.isTrue(existsSync(join(usual, "halt.json")))
      assert.isFalse(existsSync(other))
      assert.lengthOf(report(ended).problems, 4)
      assert.include(report(ended).problems[0], "line 3")
      assert.include(report(ended).problems[1], other)
    })
  )
})

describe("panic that might not reach all", () => {
  it.scopedLive("is no success in a state folder without a record, since servers might use another one", () =>
    Effect.gen(function* () {
      const { cli, folder, keyless } = yield* makeHome
      const unused = join(folder, "unused")
      const paper = { ...keyless, MCP_KRAKEN_MODE: "paper", MCP_KRAKEN_STATE_DIR: unused }
      // A second one finds its own file, and proves no more than the first one.
      for (const wasFrozen of [false, true]) {
        const ended = yield* cli("panic --json", paper)
        assert.strictEqual(ended.code, 1)
        assert.lengthOf(report(ended).problems, 1)
        assert.include(report(ended).problems[0], unused)
        assert.deepInclude(report(ended).frozen, { file: true, record: false, was_frozen: wasFrozen })
      }
    })
  )

  it.scopedLive("is no success while a server runs with the usual state folder, unless that is frozen, too", () =>
    Effect.gen(function* () {
      const { folder: home, run } = yield* makeCommandLine
      const { variables } = yield* makeHome
      const usual = join(home, ".local", "state", "mcp-kraken")
      yield* announceServer(usual, { address: "stdio" })
      const panic = run(["panic", "--json"], variables)
      const beside = yield* panic
      assert.strictEqual(beside.code, 1)
      assert.lengthOf(report(beside).problems, 1)
      assert.include(report(beside).problems[0], usual)
      writeHaltFile(join(usual, "halt.json"), { since: 1_790_000_000_000, by: "local" })
      assert.strictEqual((yield* panic).code, 0)
    })
  )

  it.scopedLive("is no success for one API key if another one was traded with lately", () =>
    Effect.gen(function* () {
      const { cli, fake, folder } = yield* makeHome
      // Such as those of a panic with another key.
      yield* used(folder, "b".repeat(64), "private/CancelAll")
      assert.strictEqual((yield* cli("panic")).code, 0)
      yield* used(folder, "a".repeat(64))
      place(fake, 2)
      const ended = yield* cli("panic --json")
      assert.strictEqual(ended.code, 1)
      assert.deepInclude(report(ended).accounts[0], { empty: true, open_before: 2, problems: [] })
      assert.lengthOf(report(ended).problems, 1)
      assert.isEmpty(openAt(fake))
    })
  )

  it.scopedLive("names an address that is not Kraken's", () =>
    Effect.gen(function* () {
      const { cli, variables } = yield* makeHome
      const ended = yield* cli("panic --json")
      assert.strictEqual(ended.code, 0)
      assert.include(report(ended).accounts[0].notes.join(), variables["KRAKEN_BASE_URL"])
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

  it.scopedLive("is no success if no server reports on a key that was used lately", () =>
    Effect.gen(function* () {
      const { cli, folder, keyless } = yield* makeHome
      const [one, two] = ["a".repeat(64), "b".repeat(64)]
      yield* used(folder, one)
      yield* used(folder, two)
      const running = yield* Effect.fork(cli("panic --json", keyless))
      const claim = Effect.flatMap(Clock.currentTimeMillis, (now) => claimRequest(folder, one, now, new Set()))
      const claimed = yield* Effect.retry(
        Effect.filterOrFail(claim, Predicate.isNotUndefined),
        Schedule.spaced("50 millis")
      )
      yield* claimed.finish({
        account: "kraken",
        isEmpty: true,
        stillOpen: [],
        kept: [],
        withdrawals: [],
        problems: [],
        notes: []
      })
      const ended = yield* Fiber.join(running)
      assert.strictEqual(ended.code, 1)
      assert.deepInclude(report(ended).accounts[0], { account: "kraken", empty: true })
      assert.lengthOf(report(ended).problems, 1)
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

      yield* used(folder, "a".repeat(64))
      const beside = yield* cli("panic --json", paper)
      assert.strictEqual(beside.code, 1)
      assert.deepInclude(report(beside).accounts[0], { account: "local", empty: true })
      assert.lengthOf(report(beside).problems, 1)
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
      // Another panic, although all is frozen, is one that the person has not seen.
      const path = join(folder, "halt.json")
      const panicked = yield* resume(variables, "resume", () => writeHaltFile(path, { since: Date.now(), by: "local" }))
      assert.strictEqual(panicked.code, 1)
      assert.isTrue(existsSync(path))
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

  it.scopedLive("does not go on without the record if tokens are guarded by an operator secret", () =>
    Effect.gen(function* () {
      const { folder, run } = yield* makeCommandLine
      mkdirSync(join(folder, "data"))
      const tokens = new Database(join(folder, "data", "tokens.db"))
      tokens.exec(
        "CREATE TABLE operator_secrets (fingerprint TEXT PRIMARY KEY); INSERT INTO operator_secrets VALUES ('f')"
      )
      tokens.close()
      const path = join(folder, "state", "halt.json")
      writeHaltFile(path, { since: 1_790_000_000_000, by: "local" })
      const ended = yield* run(["resume"], { MCP_KRAKEN_STATE_DIR: join(folder, "state") })
      assert.strictEqual(ended.code, 1)
      assert.include(ended.stderr, "There is no record")
      assert.include(ended.stderr, "guarded by an operator secret")
      assert.isTrue(existsSync(path))
    })
  )
})
