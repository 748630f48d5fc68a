import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect } from "effect"
import * as fc from "fast-check"
import { spawn } from "node:child_process"
import { createHash } from "node:crypto"
import { once } from "node:events"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { runs } from "../../Property.ts"
import { temporaryFolder } from "../../temporaryFolder.ts"
import { openPaperAccounts, type TestPaperAccounts } from "../../doubles/TestPaperAccounts.ts"

const morning = Date.UTC(2026, 10, 27, 9)

/** An action of one of two processes, with the offset of its clock from the common one, which advances by `after`. */
const step = fc.record({
  who: fc.constantFrom(0, 1),
  after: fc.oneof(fc.integer({ min: 0, max: 2000 }), fc.integer({ min: 0, max: 90_000 })),
  skew: fc.integer({ min: -5000, max: 5000 }),
  what: fc.constantFrom("pass", "market", "limit", "stop", "cancel", "deadman", "earn"),
  side: fc.constantFrom("buy", "sell")
})

const carryOut = (
  ledger: TestPaperAccounts,
  { side, what }: { readonly side: string; readonly what: string },
  now: number
) => {
  const order = { pair: "XBTUSD", type: side, volume: "0.01" }
  const price = side === "buy" ? "-0.01%" : "+0.01%"
  switch (what) {
    case "pass":
      return ledger.pass(now)
    case "market":
      return ledger.write("AddOrder", { ...order, ordertype: "market" }, now)
    case "limit":
      return ledger.write("AddOrder", { ...order, ordertype: "limit", price }, now)
    case "stop":
      return ledger.write("AddOrder", { ...order, ordertype: "trailing-stop", price: "+0.05%" }, now)
    case "cancel":
      return ledger.write("CancelAll", {}, now)
    case "deadman":
      return ledger.write("CancelAllOrdersAfter", { timeout: 60 }, now)
    default:
      return ledger.write("Earn/Allocate", { strategy_id: "ESDQCOL-WTZEU-NU55QF", amount: "0.01" }, now)
  }
}

describe("two memories of one account", () => {
  it("are always one, whoever writes, however their clocks differ, and whenever a snapshot is taken", () => {
    const property = fc.asyncProperty(
      fc.array(step, { maxLength: 40 }),
      fc.constantFrom(1, 4, 500),
      (steps, snapshotEvery) => Effect.runPromise(Effect.scoped(agree(steps, snapshotEvery)))
    )
    return fc
      .check(property, { numRuns: runs(60) })
      .then((report) => assert.isFalse(report.failed, fc.stringify(report)))
  })
})

describe("an account that is opened", () => {
  it.scoped("is not taken for an older one if another process adds an entry at the same moment", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const other = yield* openPaperAccounts(folder)
      const buy = (ledger: TestPaperAccounts) => carryOut(ledger, { what: "limit", side: "buy" }, morning)
      buy(other)
      let isBetween = true
      const opened = yield* openPaperAccounts(folder, 500, (journal) => ({
        ...journal,
        head: (id) => {
          const head = journal.head(id)
          if (isBetween) buy(other)
          isBetween = false
          return head
        }
      }))
      buy(opened)
      assert.deepStrictEqual(opened.state(morning), other.state(morning))
    })
  )
})

type Steps = ReadonlyArray<typeof step extends fc.Arbitrary<infer A> ? A : never>

const agree = Effect.fnUntraced(function* (steps: Steps, snapshotEvery: number) {
  const folder = yield* temporaryFolder
  const ledgers = [
    yield* openPaperAccounts(folder, snapshotEvery),
    yield* openPaperAccounts(folder, snapshotEvery)
  ] as const
  let now = morning
  for (const { after, skew, who, ...what } of steps) {
    now += after
    carryOut(ledgers[who === 0 ? 0 : 1], what, now + skew)
  }
  const end = now + 600_000
  const [here, there] = ledgers.map(({ state }) => state(end))
  assert.deepStrictEqual(here, there)
  assert.deepStrictEqual((yield* openPaperAccounts(folder)).state(end), here)
})

/** Starts a process that places orders. */
const trader = (folder: string, name: string, count: number) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const loader = join(import.meta.dirname, "../../../scripts/typescript.mjs")
      const program = join(import.meta.dirname, "../../programs/paperOrders.ts")
      const child = spawn(process.execPath, ["--import", loader, program, folder, name, String(count)], {
        stdio: ["pipe", "pipe", "inherit"]
      })
      return { child, lines: createInterface(child.stdout)[Symbol.asyncIterator]() }
    }),
    ({ child }) => Effect.sync(() => child.kill("SIGKILL"))
  ).pipe(
    Effect.map(({ child, lines }) => ({
      child,
      line: Effect.promise(() => lines.next()).pipe(
        Effect.flatMap(({ done, value }) =>
          done === true ? Effect.dieMessage("the process has ended") : Effect.succeed(String(value))
        )
      )
    }))
  )

type Trader = Effect.Effect.Success<ReturnType<typeof trader>>

/** Reads the ids that it prints until it is done. */
const idsOf = ({ line }: Trader) =>
  Effect.iterate([] as ReadonlyArray<string>, {
    while: (said) => said.at(-1) !== "done",
    body: (said) => Effect.map(line, (next) => [...said, next])
  }).pipe(Effect.map((said) => said.slice(0, -1)))

describe("two processes on one account", () => {
  it.scopedLive("lose no order and double none, and have one state", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const traders = yield* Effect.all([trader(folder, "ann", 300), trader(folder, "bob", 300)])
      const ids = (yield* Effect.all(traders.map(idsOf), { concurrency: 2 })).flat()
      assert.lengthOf(ids, 600)
      assert.isTrue(ids.every((id) => /^O\w{5}-\w{5}-\w{6}$/.test(id)))
      const ledger = yield* openPaperAccounts(folder)
      const end = (yield* Clock.currentTimeMillis) + 60_000
      const state = ledger.state(end) as { readonly orders: Record<string, { readonly clientId?: string }> }
      assert.sameMembers(Object.keys(state.orders), ids)
      const hash = createHash("sha256").update(JSON.stringify(state)).digest("hex")
      for (const { child, line } of traders) {
        child.stdin.write(`${end}\n`)
        assert.strictEqual(yield* line, hash)
      }
    })
  )

  it.scopedLive("lose nothing that was acknowledged when one is killed", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const { child, line } = yield* trader(folder, "ann", 100_000)
      const acknowledged = yield* Effect.replicateEffect(line, 50)
      child.kill("SIGKILL")
      yield* Effect.promise(() => once(child, "exit"))
      const { orders } = (yield* openPaperAccounts(folder)).state(yield* Clock.currentTimeMillis) as {
        readonly orders: object
      }
      assert.includeMembers(Object.keys(orders), [...acknowledged])
    })
  )
})
