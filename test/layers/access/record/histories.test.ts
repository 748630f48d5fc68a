import { assert, describe, it } from "@effect/vitest"
import Sqlite from "better-sqlite3"
import * as fc from "fast-check"
import { layout } from "../../../../src/layers/access/record/layout.ts"
import { prune, rekey, resolve } from "../../../../src/layers/access/record/administer.ts"
import { append, readHead } from "../../../../src/layers/access/record/append.ts"
import * as Intents from "../../../../src/layers/access/record/intents.ts"
import { verify } from "../../../../src/layers/access/record/verify.ts"
import { runs } from "../../../Property.ts"

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
  }
)

const outcomes = ["happened", "did-not-happen", "unknown"] as const

/** Runs a history on an empty record. Processes that are not mentioned any more have crashed. */
const play = (steps: ReadonlyArray<Step>): Sqlite.Database => {
  const db = new Sqlite(":memory:")
  for (const migration of layout.migrations) db.exec(migration)
  const clock = { wall: 1_000_000_000, monotonic: 0 }
  const now = (process: number): Intents.Now => ({ process: `process ${process}`, ...clock })
  const actor = { id: "local" }
  const target = (write: number) => ({
    key: `key ${write % 3}`,
    account: "kraken",
    endpoint: write === 0 ? "private/Withdraw" : "private/AddOrder"
  })
  const intents = () => db.prepare("SELECT seq FROM intents").pluck().all().map(Number)
  const one = (step: Step): unknown => {
    switch (step.kind) {
      case "begin":
        return Intents.begin(
          db,
          now(step.process),
          {
            kind: "intent",
            at: clock.wall,
            actor,
            ...target(step.write),
            request: { write: step.write },
            identity: `write ${step.write}`,
            fingerprints: [`write ${step.write}`],
            leaveBy: clock.wall + 30_000
          },
          step.repeat
        )
      case "end": {
        const all = intents()
        const outcome = outcomes[step.outcome] ?? "unknown"
        return Intents.end(db, now(step.process), {
          kind: "outcome",
          at: clock.wall,
          intent: all[step.intent % Math.max(1, all.length)] ?? 0,
          outcome,
          ids: outcome === "happened" ? [`id ${readHead(db).seq}`, "shared"] : []
        })
      }
      case "claim":
        return [0, 1, 2].map((key) => Intents.claimAbandoned(db, now(step.process), `key ${key}`, (seq) => seq))
      case "refuse":
        return append(db, {
          kind: "refusal",
          at: clock.wall,
          actor,
          ...target(step.write),
          request: {},
          error: "Refused"
        })
      case "resolve": {
        const all = intents()
        return resolve(
          db,
          clock.wall,
          all[step.intent % Math.max(1, all.length)] ?? 0,
          step.happened ? "happened" : "did-not-happen"
        )
      }
      case "prune":
        return prune(db, clock.wall, clock.wall - step.age)
      case "rekey":
        return rekey(db, clock.wall, `key ${step.from}`, `key ${step.to}`)
      case "wait":
        clock.monotonic += step.millis
        clock.wall += step.millis + step.set
        return undefined
    }
  }
  for (const step of steps) db.transaction(one).immediate(step)
  return db
}

const faults = (db: Sqlite.Database) => verify(db).findings.filter(({ _tag }) => _tag !== "ClockWentBack")

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
        fc.constantFrom("events", "intents", "made"),
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

  it("shows any row that was deleted", () => {
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 10, maxLength: 40 }),
        fc.constantFrom("events", "intents", "made"),
        fc.nat(),
        (steps, table, row) => {
          const db = play(steps)
          const count = Number(db.prepare(`SELECT count(*) FROM ${table}`).pluck().get())
          fc.pre(count > 0)
          const { seq, ...found } = Object(db.prepare(`SELECT * FROM ${table} LIMIT 1 OFFSET ?`).get(row % count))
          const id = table === "made" ? " AND id = @id" : ""
          db.prepare(`DELETE FROM ${table} WHERE seq = @seq${id}`).run(
            table === "made" ? { seq, id: found.id } : { seq }
          )
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
