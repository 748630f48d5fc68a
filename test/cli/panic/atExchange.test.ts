import type { Client } from "@modelcontextprotocol/sdk/client/index.js"
import { assert, describe, it } from "@effect/vitest"
import Database from "better-sqlite3"
import { Clock, Context, Effect, Layer, Schedule } from "effect"
import { type ChildProcess, spawn } from "node:child_process"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { handle } from "../../../src/exchange/commands/handle.ts"
import type { FaultKind } from "../../../src/exchange/rest/faults.ts"
import { haltFileIn, removeHaltFile } from "../../../src/layers/access/halt/haltFile.ts"
import { halt, release } from "../../../src/layers/access/record/emergency.ts"
import { layout } from "../../../src/layers/access/record/layout.ts"
import { openImmediateDatabase } from "../../../src/layers/storage/immediateDatabase.ts"
import { bundle } from "../../Bundle.ts"
import { builtOnce } from "../../builtOnce.ts"
import { runs } from "../../Property.ts"
import { servedExchange } from "../../exchange/rest/served.ts"
import { type House, houseBeside, overHttp, serveHttp } from "../../serve/Server.ts"
import { type Ended, makeCommandLine } from "../commandLine.ts"

/** Cases that take long run with `npm run soak` only. */
const isSoak = runs(1) > 1

const order = { pair: "BTC/USD", type: "buy", ordertype: "limit", price: "1000", volume: "0.001" }
const ordersOfSixty = [1000, 1100, 1200, 1300]

const batch = (price: number) => ({
  pair: "BTC/USD",
  orders: Array.from({ length: 15 }, (_, n) => ({
    type: "buy",
    ordertype: "limit",
    price: String(price + n),
    volume: "0.001"
  }))
})

type Answer = Awaited<ReturnType<Client["callTool"]>>

const call = (client: Client, name: string, args: object = {}) =>
  Effect.promise(() => client.callTool({ name, arguments: { ...args } }))

/** The text of a call's error. Undefined without one. */
const errorOf = ({ content, isError }: Answer): string | undefined =>
  isError === true ? JSON.stringify(content) : undefined

const until = (condition: () => boolean) =>
  Effect.sync(condition).pipe(Effect.repeat({ until: (is) => is, schedule: Schedule.spaced("20 millis") }))

const report = ({ stdout }: Pick<Ended, "stdout">) => JSON.parse(stdout)

/** A simulated exchange, and the settings of its full key in one state folder. */
const makeInstallation = Effect.gen(function* () {
  const { keys, rest, url } = yield* servedExchange()
  const { full } = keys
  if (full === undefined) return yield* Effect.dieMessage("no key")
  const house = yield* houseBeside(url, full)
  const { run } = yield* makeCommandLine
  const file = join(house.folder, "authority.db")
  // Without a record, a stop would wait a minute for writes that it does not know.
  yield* Effect.scoped(openImmediateDatabase({ file, layout }))
  const ask = (endpoint: string, params: object = {}) =>
    Effect.map(Clock.currentTimeMillis, (now) => {
      const answer = handle(rest.exchange, {
        endpoint: `private/${endpoint}`,
        params: { ...params },
        account: rest.account,
        now
      })
      return "errors" in answer ? assert.fail(answer.errors.join()) : Object(answer.result)
    })
  const { KRAKEN_API_KEY: _key, KRAKEN_API_SECRET: _secret, ...keyless } = house.variables
  return {
    house,
    file,
    keyless,
    ask,
    /** Orders of another program. */
    place: (count: number, params: object = {}) =>
      Effect.map(
        Effect.forEach(Array.from({ length: count }), () => ask("AddOrder", { ...order, pair: "XBTUSD", ...params })),
        (results) => results.map(({ txid: [txid] }): string => txid)
      ),
    open: Effect.map(ask("OpenOrders"), ({ open }) => Object.keys(open)),
    fault: (endpoint: string, kind: FaultKind, count = 1, seconds = 30) =>
      Effect.sync(() => void rest.faults.push({ endpoint, kind, count, seconds })),
    noFaults: Effect.sync(() => {
      rest.faults.length = 0
    }),
    faultsOf: (endpoint: string) =>
      rest.faults.reduce((sum, fault) => sum + (fault.endpoint === endpoint ? fault.count : 0), 0),
    run,
    panic: (words = "", env: Record<string, string> = house.variables) =>
      run(`panic --json ${words}`.trim().split(" "), env),
    /** The states of the writes that the record has of a tool. */
    cancelsOf: (tool: string) =>
      Effect.acquireUseRelease(
        Effect.sync(() => new Database(file, { readonly: true })),
        (db) =>
          Effect.sync(() =>
            db
              .prepare("SELECT state FROM intents JOIN events USING (seq) WHERE json_extract(body, '$.tool') = ?")
              .pluck()
              .all(tool)
          ),
        (db) => Effect.sync(() => db.close())
      ),
    /** Allows trading again, as a person would. */
    resume: Effect.scoped(
      Effect.gen(function* () {
        const db = yield* openImmediateDatabase({ file, layout })
        yield* db.write(({ wall }) => release(wall))
        removeHaltFile(haltFileIn(house.folder))
      })
    ),
    /** Stops by a row of the record, without the file. */
    stopByRow: Effect.scoped(
      Effect.gen(function* () {
        const db = yield* openImmediateDatabase({ file, layout })
        yield* db.write(({ wall }) => halt({ since: wall, by: "local", reason: "by row" }))
      })
    )
  }
})

/** A server, and a client with a token of its own. */
const makeServer = (house: House) =>
  Effect.gen(function* () {
    const server = yield* serveHttp(house, [], { MCP_KRAKEN_HTTP_TIMEOUT: "4" })
    return { ...server, client: yield* overHttp(server) }
  })

class Installation extends Context.Tag("mcp-kraken/test/cli/panic/atExchange.test/Installation")<
  Installation,
  Effect.Effect.Success<typeof makeInstallation> & {
    readonly servers: readonly [
      Effect.Effect.Success<ReturnType<typeof makeServer>>,
      Effect.Effect.Success<ReturnType<typeof makeServer>>
    ]
  }
>() {}

/** One installation with two servers, whose cases run one after another. */
const TwoServers = Layer.scoped(
  Installation,
  Effect.gen(function* () {
    const installation = yield* makeInstallation
    const { house } = installation
    return { ...installation, servers: [yield* makeServer(house), yield* makeServer(house)] as const }
  })
)

/** An interrupted command is told apart from one that ended by itself. */
const ended = (child: ChildProcess) =>
  Effect.async<number | null>((done) => void child.once("close", (code) => done(Effect.succeed(code))))

describe("panic at the simulated exchange", () => {
  const onServers = builtOnce(TwoServers)

  /** Runs a case, and allows trading again after it. */
  const step = <A, E, R>(body: Effect.Effect<A, E, R | Installation>) =>
    onServers(
      Effect.gen(function* () {
        const { noFaults, resume } = yield* Installation
        yield* Effect.ensuring(body, Effect.orDie(Effect.zipRight(noFaults, resume)))
      })
    )

  it.scopedLive("cancels 60 orders of two tokens of two servers, freezes both, and records what it cancelled", () =>
    step(
      Effect.gen(function* () {
        const { ask, cancelsOf, house, panic, run, servers } = yield* Installation
        const [one, two] = servers
        for (const [index, price] of ordersOfSixty.entries())
          assert.isUndefined(
            errorOf(yield* call((index % 2 === 0 ? one : two).client, "add_order_batch", batch(price)))
          )

        const own = yield* panic("--scope own --reason drill")
        assert.strictEqual(own.code, 0)
        assert.deepInclude(report(own).accounts[0], { empty: true, open_before: 60, still_open: [] })
        // The account of the exchange begins with an order of its own.
        assert.lengthOf(report(own).accounts[0].kept, 1)
        assert.lengthOf(Object.keys((yield* ask("OpenOrders")).open), 1)

        const { since } = report(own).frozen
        for (const { client, log } of servers) {
          const refusal = errorOf(yield* call(client, "add_order", order))
          for (const part of ["all trading is frozen", since.slice(0, 16), "drill"]) assert.include(refusal, part)
          assert.isUndefined(errorOf(yield* call(client, "get_open_orders")))
          assert.isUndefined(errorOf(yield* call(client, "cancel_all_orders")))
          assert.include(errorOf(yield* call(client, "cancel_all_orders_after", { timeout: 60 })), "frozen")
          yield* until(() => log().includes("All trading is frozen"))
        }

        const all = yield* panic("--reason again")
        assert.strictEqual(all.code, 0)
        assert.deepInclude(report(all), { done: true, problems: [] })
        assert.deepInclude(report(all).frozen, { since, reason: "drill", was_frozen: true, file: true, record: true })

        const states = yield* cancelsOf("panic")
        assert.isAbove(states.length, 2)
        for (const state of states) assert.strictEqual(state, "happened")
        assert.strictEqual((yield* run(["audit", "verify"], house.variables)).code, 0)
      })
    )
  )

  it.scopedLive("waits for a write in flight and for one that hangs, and cancels what they place", () =>
    step(
      Effect.gen(function* () {
        const { fault, faultsOf, open, panic, servers } = yield* Installation
        const [one, two] = servers
        // The first is carried out two seconds later, the second at once, and its answer does not come in time.
        yield* fault("AddOrder", "arrive-late", 1, 2)
        const late = yield* Effect.fork(call(one.client, "add_order", { ...order, price: "1001" }))
        yield* until(() => faultsOf("AddOrder") === 0)
        yield* fault("AddOrder", "delay", 1, 60)
        const hanging = yield* Effect.fork(call(two.client, "add_order", { ...order, price: "1002" }))
        yield* until(() => faultsOf("AddOrder") === 0)
        const stopped = yield* panic()
        assert.strictEqual(stopped.code, 0)
        assert.deepInclude(report(stopped).accounts[0], { empty: true, still_open: [] })
        yield* late
        yield* hanging
        assert.isEmpty(yield* open)
      })
    )
  )

  it.scopedLive.each([
    ["has reached a rate limit in the middle", "rate-limit", 1],
    ["answers 502 for a while", "html-502", 3],
    ["cuts connections after it did what was asked", "drop-after-accept", 3]
  ] as const)("goes on while Kraken %s", ([, kind, count]) =>
    step(
      Effect.gen(function* () {
        const { fault, open, panic, place } = yield* Installation
        yield* place(3)
        yield* fault("CancelAll", kind, count)
        const stopped = yield* panic()
        assert.strictEqual(stopped.code, 0)
        assert.deepInclude(report(stopped).accounts[0], { empty: true, open_before: 3 })
        assert.include(stopped.stderr, "Trying again")
        assert.isEmpty(yield* open)
      })
    )
  )

  it.scopedLive.skipIf(!isSoak)("goes on while Kraken answers 502 to every call for ten seconds", () =>
    step(
      Effect.gen(function* () {
        const { fault, noFaults, open, panic, place } = yield* Installation
        yield* place(60)
        yield* fault("*", "html-502", 1_000_000)
        yield* Effect.fork(Effect.delay(noFaults, "10 seconds"))
        const stopped = yield* panic()
        assert.strictEqual(stopped.code, 0)
        assert.isEmpty(yield* open)
      })
    )
  )

  it.scopedLive("ends with 130 after Ctrl-C in the middle, says what is open, and finishes when it is run again", () =>
    step(
      Effect.gen(function* () {
        const { fault, faultsOf, house, noFaults, open, panic, place } = yield* Installation
        const ids = yield* place(3)
        yield* fault("CancelAll", "html-502", 100)
        const child = spawn(process.execPath, [bundle(), "panic"], {
          env: house.variables,
          stdio: ["ignore", "ignore", "pipe"]
        })
        let told = ""
        child.stderr.on("data", (chunk: Buffer) => (told += String(chunk)))
        const code = yield* Effect.fork(ended(child))
        yield* until(() => faultsOf("CancelAll") < 100)
        child.kill("SIGINT")
        assert.strictEqual(yield* code, 130)
        for (const id of ids) assert.include(told.slice(told.indexOf("Interrupted")), id)
        assert.isTrue(existsSync(haltFileIn(house.folder)))
        assert.sameMembers(yield* open, ids)
        yield* noFaults
        const again = yield* panic()
        assert.strictEqual(again.code, 0)
        assert.isTrue(report(again).frozen.was_frozen)
        assert.isEmpty(yield* open)
      })
    )
  )

  it.scopedLive("run twice at once ends with 0 twice", () =>
    step(
      Effect.gen(function* () {
        const { open, panic, place } = yield* Installation
        yield* place(60)
        const both = yield* Effect.all([panic(), panic()], { concurrency: 2 })
        assert.deepStrictEqual(
          both.map(({ code }) => code),
          [0, 0]
        )
        assert.isEmpty(yield* open)
      })
    )
  )

  it.scopedLive("leaves orders that protect a position with --keep-stops, and sets no timer", () =>
    step(
      Effect.gen(function* () {
        const { ask, open, panic, place } = yield* Installation
        const [stop] = yield* place(1, { type: "sell", ordertype: "stop-loss", price: "1000" })
        yield* place(2)
        const stopped = yield* panic("--keep-stops")
        assert.strictEqual(stopped.code, 0)
        assert.deepInclude(report(stopped).accounts[0], { empty: true, open_before: 2, kept: [stop] })
        assert.deepStrictEqual(yield* open, [stop])
        yield* ask("CancelAll")
      })
    )
  )

  it.scopedLive("lists a withdrawal that waits, and cancels it with --withdrawals cancel", () =>
    step(
      Effect.gen(function* () {
        const { ask, panic } = yield* Installation
        const addresses: ReadonlyArray<{ readonly asset: string; readonly key: string; readonly verified: boolean }> =
          Object.values(yield* ask("WithdrawAddresses", { asset: "XBT" }))
        const key = addresses.find(({ verified }) => verified)?.key
        const { refid } = yield* ask("Withdraw", { asset: "XBT", key, amount: "0.1" })
        const listed = yield* panic()
        assert.strictEqual(listed.code, 0)
        assert.deepInclude(report(listed).accounts[0].withdrawals[0], { refid, canceled: false })
        const cancelled = yield* panic("--withdrawals cancel")
        assert.strictEqual(cancelled.code, 0)
        assert.deepInclude(report(cancelled).accounts[0].withdrawals[0], { refid, canceled: true })
        assert.isEmpty(report(yield* panic("--withdrawals cancel")).accounts[0].withdrawals)
      })
    )
  )

  it.scopedLive("without an API key freezes, and a running server that has it does the rest", () =>
    step(
      Effect.gen(function* () {
        const { house, keyless, open, panic, place, servers } = yield* Installation
        yield* place(60)
        const stopped = yield* panic("", keyless)
        assert.strictEqual(stopped.code, 0)
        assert.deepInclude(report(stopped).accounts[0], { empty: true, open_before: 60 })
        assert.isEmpty(yield* open)
        assert.isEmpty(readdirSync(house.folder).filter((name) => name.startsWith("panic-")))
        // Both servers have the key. One of them did the work.
        assert.lengthOf(
          servers.filter(({ log }) => log().includes("A panic asks this server to cancel")),
          1
        )
      })
    )
  )

  it.scopedLive("cancels and proves while another process holds the record, which the file makes up for", () =>
    step(
      Effect.gen(function* () {
        const { file, open, panic, place, servers } = yield* Installation
        yield* place(3)
        const stopped = yield* Effect.acquireUseRelease(
          Effect.sync(() => {
            const db = new Database(file)
            db.exec("BEGIN EXCLUSIVE")
            return db
          }),
          () => panic(),
          (db) => Effect.sync(() => db.close())
        )
        assert.strictEqual(stopped.code, 0)
        assert.deepInclude(report(stopped).frozen, { file: true, record: false })
        assert.lengthOf(report(stopped).notes, 1)
        assert.isEmpty(yield* open)
        for (const { client } of servers)
          assert.include(errorOf(yield* call(client, "add_order", order)), "all trading is frozen")
      })
    )
  )

  it.scopedLive("is no success if trading is allowed again in the middle", () =>
    step(
      Effect.gen(function* () {
        const { fault, faultsOf, house, panic, resume } = yield* Installation
        yield* fault("CancelAll", "html-502", 2)
        const running = yield* Effect.fork(panic())
        yield* until(() => faultsOf("CancelAll") < 2)
        yield* resume
        const stopped = yield* running
        assert.strictEqual(stopped.code, 1)
        assert.deepInclude(report(stopped).frozen, { file: false, record: false })
        assert.isFalse(existsSync(haltFileIn(house.folder)))
      })
    )
  )

  it.scopedLive("is obeyed and logged by servers if only the row is there", () =>
    step(
      Effect.gen(function* () {
        const { house, servers, stopByRow } = yield* Installation
        const count = (text: string) => text.split("by row").length
        const before = servers.map(({ log }) => count(log()))
        yield* stopByRow
        assert.isFalse(existsSync(haltFileIn(house.folder)))
        for (const [index, { client, log }] of servers.entries()) {
          assert.include(errorOf(yield* call(client, "add_order", order)), "by row")
          yield* until(() => count(log()) > (before[index] ?? 0))
        }
      })
    )
  )
})

describe("panic while a server is killed", () => {
  const onServers = builtOnce(TwoServers)

  it.scopedLive.skipIf(!isSoak)(
    "waits until the other server has found out what became of its write",
    () =>
      onServers(
        Effect.gen(function* () {
          const { fault, faultsOf, open, panic, servers } = yield* Installation
          const [one, two] = servers
          yield* fault("AddOrder", "arrive-late", 1, 3)
          yield* Effect.fork(Effect.exit(call(two.client, "add_order", order)))
          yield* until(() => faultsOf("AddOrder") === 0)
          const stopping = yield* Effect.fork(panic())
          yield* until(() => one.log().includes("All trading is frozen"))
          yield* two.stop("SIGKILL")
          const { code, stdout } = yield* stopping
          assert.strictEqual(code, 0)
          assert.deepInclude(report({ stdout }).accounts[0], { empty: true, still_open: [] })
          assert.isEmpty(yield* open)
        })
      ),
    { timeout: 150_000 }
  )

  it.scopedLive("goes on by itself after one was killed that had no write in flight", () =>
    onServers(
      Effect.gen(function* () {
        const { fault, faultsOf, house, open, panic, place, servers } = yield* Installation
        const [, two] = servers
        yield* place(3)
        yield* fault("CancelAll", "html-502", 2)
        const stopping = yield* Effect.fork(panic())
        yield* until(() => faultsOf("CancelAll") < 2)
        yield* two.stop("SIGKILL")
        assert.strictEqual((yield* stopping).code, 0)
        assert.isEmpty(yield* open)
        assert.isTrue(readFileSync(haltFileIn(house.folder), "utf8").length > 0)
      })
    )
  )
})
