import { draftOf } from "../../../../src/layers/access/record/activity.ts"
import { assert, describe, it } from "@effect/vitest"
import Sqlite from "better-sqlite3"
import { Effect } from "effect"
import * as fc from "fast-check"
import { layout } from "../../../../src/layers/access/record/layout.ts"
import { prune, rekey, resolve } from "../../../../src/layers/access/record/administer.ts"
import { append, readHead } from "../../../../src/layers/access/record/append.ts"
import * as Intents from "../../../../src/layers/access/record/intents.ts"
import type { Now } from "../../../../src/layers/access/record/now.ts"
import { claimAbandoned } from "../../../../src/layers/access/record/settlement.ts"
import { verify, verifyRows } from "../../../../src/layers/access/record/verify.ts"
import { type Claim, everyone } from "../../../../src/domain/mandates/claim.ts"
import { runs } from "../../../Property.ts"
import { dollars, mandate } from "./spending.ts"
import { runOnSqlite } from "../../../../src/layers/storage/sqliteSteps.ts"
import { all, column, map, run, type Steps } from "../../../../src/layers/storage/steps.ts"
import { homeInPostgres } from "../../../homes.ts"
import { inPostgres, isPostgresMissing } from "../../../postgres.ts"

/** A step of a history. Numbers choose among the writes, processes and keys that there are. */
type Step =
  | { readonly kind: "begin"; readonly process: number; readonly write: number; readonly repeat: boolean }
  | { readonly kind: "end"; readonly process: number; readonly intent: number; readonly outcome: number }
  | { readonly kind: "claim"; readonly process: number }
  | { readonly kind: "refuse"; readonly write: number }
  | { readonly kind: "resolve"; readonly intent: number; readonly happened: boolean }
  | { readonly kind: "prune"; readonly age: number }
  | { readonly kind: "rekey"; readonly from: number; readonly to: number }
  | { readonly kind: "wait"; readonly millis: number; readonly set: number }
  | { readonly kind: "fill"; readonly spend: number; readonly part: number; readonly closed: boolean }
  | { readonly kind: "mandate"; readonly subject: number; readonly total: number | null }
  | { readonly kind: "freeze"; readonly subject: number | null; readonly frozen: boolean }

const small = (max: number) => fc.nat({ max })

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("begin" as const),
      process: small(2),
      write: small(4),
      repeat: fc.boolean()
    })
  },
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant("end" as const), process: small(2), intent: small(9), outcome: small(2) })
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("claim" as const), process: small(2) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("refuse" as const), write: small(4) }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("resolve" as const), intent: small(9), happened: fc.boolean() })
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("prune" as const), age: small(60_000) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("rekey" as const), from: small(2), to: small(2) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("wait" as const),
      millis: small(30_000),
      set: fc.integer({ min: -20_000, max: 20_000 })
    })
  },
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant("fill" as const), spend: small(19), part: small(4), closed: fc.boolean() })
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("mandate" as const),
      subject: small(1),
      total: fc.option(small(1000))
    })
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("freeze" as const), subject: fc.option(small(2)), frozen: fc.boolean() })
  }
)

/**
 * The spends of a write: a withdrawal, nothing, or a buy, the sell that its fills make, and perhaps an amendment that
 * raises an earlier buy.
 */
const claimOf = (write: number, raised: number | undefined): Claim | undefined => {
  const scope = `subject ${write % 2}`
  const counts = [
    { scope, bucket: "USD", rate: "1" },
    { scope: everyone, bucket: "USD", rate: "1.5" }
  ]
  const order = { index: 0, pair: "BTC/USD", volume: "1" }
  if (write === 1) return undefined
  if (write === 0) return { spends: [{ kind: "funds", asset: "USD", amount: "5", counts }] }
  if (write === 4 && raised !== undefined) {
    const raises = { intent: raised, n: 0, from: { amount: "10.5", volume: "1" } }
    return {
      subject: scope,
      spends: [{ kind: "order", asset: "USD", amount: "2.5", gets: "BTC", counts, raises }]
    }
  }
  return {
    ...(write !== 3 && { subject: scope }),
    spends: [
      {
        kind: "order",
        asset: "USD",
        amount: "10.5",
        gets: "BTC",
        counts,
        order: { ...order, cl_ord_id: `write ${write}`, type: "buy", reduces: false }
      },
      { kind: "order", asset: "BTC", amount: "4", gets: "USD", counts: [], parent: 0 }
    ]
  }
}

const outcomes = ["happened", "did-not-happen", "unknown"] as const

/** Makes the steps of a history on an empty record. Processes that are not mentioned any more have crashed. */
const makeHistory = () => {
  const clock = { wall: 1_000_000_000, monotonic: 0 }
  const now = (process: number): Now => ({ process: `process ${process}`, ...clock })
  const actor = { id: "local" }
  const target = (write: number) => ({
    key: `key ${write % 3}`,
    account: "kraken",
    endpoint: write === 0 ? "private/Withdraw" : "private/AddOrder"
  })
  const spends = () => all<{ readonly seq: number; readonly n: number }>("SELECT seq, n FROM spends ORDER BY seq, n")
  const intents = () => column<number>("SELECT seq FROM intents ORDER BY seq")
  return function* (step: Step): Steps<unknown> {
    switch (step.kind) {
      case "begin": {
        const claim = claimOf(step.write, (yield* spends())[0]?.seq)
        return yield* Intents.begin(
          now(step.process),
          {
            kind: "intent",
            at: clock.wall,
            actor,
            ...target(step.write),
            request: { write: step.write },
            identity: `write ${step.write}`,
            fingerprints: [`write ${step.write}`],
            leaveBy: clock.wall + 30_000,
            ...(claim !== undefined && { claim })
          },
          step.repeat
        )
      }
      case "end": {
        const known = yield* intents()
        const outcome = outcomes[step.outcome] ?? "unknown"
        return yield* Intents.end(now(step.process), {
          kind: "outcome",
          at: clock.wall,
          intent: known[step.intent % Math.max(1, known.length)] ?? 0,
          outcome,
          ids: outcome === "happened" ? [`id ${(yield* readHead()).seq}`, "shared"] : []
        })
      }
      case "claim":
        return yield* map([0, 1, 2], (key) => claimAbandoned(now(step.process), `key ${key}`, draftOf))
      case "refuse":
        return yield* append({
          kind: "refusal",
          at: clock.wall,
          actor,
          ...target(step.write),
          request: {},
          error: "Refused"
        })
      case "resolve": {
        const known = yield* intents()
        return yield* resolve(
          clock.wall,
          known[step.intent % Math.max(1, known.length)] ?? 0,
          step.happened ? "happened" : "did-not-happen"
        )
      }
      case "prune":
        return yield* prune(clock.wall, clock.wall - step.age)
      case "rekey":
        return yield* rekey(clock.wall, `key ${step.from}`, `key ${step.to}`)
      case "fill": {
        const known = yield* spends()
        const { n = 0, seq = 0 } = known[step.spend % Math.max(1, known.length)] ?? {}
        return yield* append({
          kind: "fills",
          at: clock.wall,
          actor,
          key: "key 0",
          account: "kraken",
          orders: [
            {
              intent: seq,
              n,
              ...(n === 0 && step.part > 0 && { txid: `order ${seq}` }),
              paid: Array.from({ length: step.part }, (_, i) => ({
                at: clock.wall - i,
                amount: "2.25"
              })),
              got: String(step.part),
              open: step.closed ? 0 : 1,
              closed: step.closed
            }
          ]
        })
      }
      case "mandate":
        return yield* append({
          kind: "mandate",
          at: clock.wall,
          actor,
          subject: `subject ${step.subject}`,
          token: `token ${step.subject}`,
          revision: (yield* readHead()).seq + 1,
          ...(step.total !== null && { terms: mandate({ spending: dollars({ total: String(step.total) }) }) })
        })
      case "freeze":
        return step.subject === null
          ? yield* append({ kind: "halt", at: clock.wall, actor, halted: step.frozen })
          : yield* append({
              kind: "freeze",
              at: clock.wall,
              actor,
              subject: `subject ${step.subject}`,
              frozen: step.frozen
            })
      case "wait":
        clock.monotonic += step.millis
        clock.wall += step.millis + step.set
        return undefined
    }
  }
}

/** Runs a history on an empty record. */
const play = (steps: ReadonlyArray<Step>): Sqlite.Database => {
  const db = new Sqlite(":memory:")
  for (const migration of layout.migrations) db.exec(migration)
  const one = makeHistory()
  for (const step of steps) db.transaction(() => runOnSqlite(db, one(step))).immediate()
  return db
}

const faults = (db: Sqlite.Database) =>
  runOnSqlite(db, verify()).findings.filter(({ _tag }) => _tag !== "ClockWentBack")

describe("any history", () => {
  it("leaves a record that is intact, and projections that are what its events add up to", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const db = play(steps)
        assert.deepStrictEqual(faults(db), [])
        db.close()
      }),
      { numRuns: runs(150) }
    )
  })

  it("never has two identical writes in flight or unknown for one account, unless one was repeated or is another caller's", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const db = play(
          steps
            .map((step) => (step.kind === "begin" ? { ...step, repeat: false } : step))
            .filter(({ kind }) => kind !== "rekey")
        )
        const doubled = db
          .prepare(
            `SELECT identity FROM intents WHERE state = 'open' OR (state = 'unknown' AND endpoint = 'private/Withdraw')
             GROUP BY key, account, identity HAVING count(*) > 1`
          )
          .all()
        assert.deepStrictEqual(doubled, [])
        db.close()
      }),
      { numRuns: runs(150) }
    )
  })

  it("shows any one change of a row", () => {
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 10, maxLength: 40 }),
        fc.constantFrom("events", "intents", "made", "spends", "uses", "use_sums", "holdings", "mandates", "halt"),
        fc.nat(),
        fc.nat(),
        fc.nat(),
        (steps, table, row, column, position) => {
          const db = play(steps)
          const rows = db.prepare(`SELECT * FROM ${table}`).all().map(Object)
          const names = db.prepare(`SELECT name FROM pragma_table_info('${table}')`).pluck().all().map(String)
          const name = names[column % names.length] ?? ""
          fc.pre(rows.length > 0)
          const found: Record<string, unknown> = rows[row % rows.length]
          const old = found[name]
          const value = typeof old === "number" ? old + 1 : typeof old === "string" ? flip(old, position) : "x"
          const where = names.map((name) => `${name} IS @${name}`).join(" AND ")
          try {
            db.prepare(`UPDATE ${table} SET ${name} = @value_ WHERE ${where}`).run({ ...found, value_: value })
          } catch {
            // The new value is no number of a column of numbers, or a number of another row.
            fc.pre(false)
          }
          assert.isNotEmpty(faults(db), `${table}.${name}: ${String(old)} → ${String(value)}`)
          db.close()
        }
      ),
      { numRuns: runs(200) }
    )
  })

  it("has the same sums of uses if an earlier version wrote it, which had none", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const db = play(steps)
        db.exec("DROP TABLE use_sums; DROP INDEX spends_raising")
        db.exec(layout.migrations[3] ?? "")
        assert.deepStrictEqual(faults(db), [])
        db.close()
      }),
      { numRuns: runs(50) }
    )
  })

  it("adds up to what spends took and got, and never to a use of a spend that is gone", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const db = play(steps.filter(({ kind }) => kind !== "prune"))
        const rows = db.prepare("SELECT key, asset, gets, kind, paid, got, state, amount FROM spends").all().map(Object)
        const sums = new Map<string, number>()
        const add = (key: string, asset: string | null, amount: string, sign: 1 | -1) =>
          asset !== null &&
          sums.set(`${key} ${asset}`, (sums.get(`${key} ${asset}`) ?? 0) + sign * 100 * Number(amount))
        for (const { asset, gets, got, key, paid } of rows) {
          add(key, asset, paid, -1)
          add(key, gets, got, 1)
        }
        const net = db.prepare("SELECT key, asset, net FROM holdings WHERE scope = '*'").all().map(Object)
        for (const { asset, key, net: sum } of net) assert.strictEqual(Number(sum) * 100, sums.get(`${key} ${asset}`))
        for (const [name, sum] of sums)
          if (sum !== 0)
            assert.include(
              net.map(({ asset, key }) => `${key} ${asset}`),
              name
            )
        const orphans = db.prepare("SELECT * FROM uses LEFT JOIN spends USING (seq, n) WHERE spends.seq IS NULL").all()
        assert.deepStrictEqual(orphans, [])
        // An open spend counts in every window, a closed one at the time of its fills.
        const open = `SELECT (uses.at = 9000000000000000) AS open, state, spends.kind FROM uses JOIN spends USING (seq, n)
          WHERE spends.kind = 'order'`
        for (const use of db.prepare(open).all().map(Object)) assert.strictEqual(use.open === 1, use.state === "open")
        db.close()
      }),
      { numRuns: runs(100) }
    )
  })

  it("shows any row that was deleted", () => {
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 10, maxLength: 40 }),
        fc.constantFrom("events", "intents", "made", "spends", "uses", "use_sums", "holdings", "mandates", "halt"),
        fc.nat(),
        (steps, table, row) => {
          const db = play(steps)
          const count = Number(db.prepare(`SELECT count(*) FROM ${table}`).pluck().get())
          fc.pre(count > 0)
          const found: Record<string, unknown> = Object(
            db.prepare(`SELECT * FROM ${table} LIMIT 1 OFFSET ?`).get(row % count)
          )
          const where = Object.keys(found).map((name) => `${name} IS @${name}`)
          db.prepare(`DELETE FROM ${table} WHERE ${where.join(" AND ")}`).run(found)
          assert.isNotEmpty(faults(db))
          db.close()
        }
      ),
      { numRuns: runs(100) }
    )
  })
})

/** Changes one character of a text. */
const flip = (text: string, position: number): string => {
  if (text === "") return "x"
  const at = position % text.length
  return text.slice(0, at) + (text[at] === "0" ? "1" : "0") + text.slice(at + 1)
}

/** The tables of the record, with columns by which their rows have one order. */
const tables = {
  events: "seq",
  intents: "seq",
  made: "key, account, id, seq",
  leases: "seq",
  spends: "seq, n",
  uses: "scope, key, account, bucket, at, seq, n, part",
  use_sums: "scope, key, account, bucket, span, at",
  holdings: "scope, key, account, asset",
  mandates: "subject",
  halt: "id",
  window_time: "key"
} as const

const contents = () =>
  map(Object.entries(tables), ([table, columns]) => all<object>(`SELECT * FROM ${table} ORDER BY ${columns}`))

describe.skipIf(isPostgresMissing)(`any history ${inPostgres}`, () => {
  it.scopedLive(
    "leaves the rows that it leaves in SQLite",
    () =>
      Effect.gen(function* () {
        const db = yield* (yield* homeInPostgres).database
        for (const steps of fc.sample(fc.array(step, { minLength: 20, maxLength: 60 }), runs(8))) {
          const file = play(steps)
          yield* db.write(() => map(Object.keys(tables), (table) => run(`DELETE FROM ${table}`)))
          yield* db.write(() => run("DELETE FROM head"))
          const one = makeHistory()
          for (const step of steps) yield* db.write(() => one(step))
          const [expected, found] = [runOnSqlite(file, contents()), yield* db.read(contents)]
          file.close()
          assert.deepStrictEqual(found, expected, JSON.stringify(steps))
          const { findings } = yield* db.write(() => verifyRows([]))
          assert.deepStrictEqual(
            findings.filter(({ _tag }) => _tag !== "ClockWentBack"),
            []
          )
        }
      }),
    120_000
  )
})
