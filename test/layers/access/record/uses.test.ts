import { assert, describe, it } from "@effect/vitest"
import Sqlite from "better-sqlite3"
import * as fc from "fast-check"
import { layout } from "../../../../src/layers/access/record/layout.ts"
import * as Uses from "../../../../src/layers/access/record/uses.ts"
import { runs } from "../../../Property.ts"
import { runOnSqlite } from "../../../../src/layers/storage/sqliteSteps.ts"

const bucket: Uses.UseBucket = { scope: "agent", key: "key", account: "kraken", bucket: "USD" }
const others: ReadonlyArray<Uses.UseBucket> = [
  { ...bucket, scope: "*" },
  { ...bucket, key: "other" },
  { ...bucket, account: "other" },
  { ...bucket, bucket: "EUR" }
]

const makeUses = () => {
  const db = new Sqlite(":memory:")
  for (const migration of layout.migrations) db.exec(migration)
  return db
}

const [quarter, day] = [900_000, 86_400_000]

/** Times of a hundred days, often right beside the beginning of a quarter of an hour or of a day. */
const time = fc
  .record({
    days: fc.nat({ max: 100 }),
    quarters: fc.nat({ max: 95 }),
    beside: fc.oneof(fc.constantFrom(0, 1, -1), fc.nat({ max: quarter }))
  })
  .map(({ beside, days, quarters }) => Math.max(0, days * day + quarters * quarter + beside))

const use = fc.record({
  at: fc.oneof({ weight: 9, arbitrary: time }, fc.constantFrom(0, Uses.whileOpen)),
  units: fc.oneof(fc.bigInt({ min: 0n, max: 10n ** 12n }), fc.constant(Uses.mostUnits + 1n)),
  isRemoved: fc.boolean()
})

describe("the uses of a limit", () => {
  it("are all those after a moment, and those of open spends, whatever was removed", () => {
    fc.assert(
      fc.property(fc.array(use, { maxLength: 40 }), fc.array(time, { maxLength: 10 }), (uses, moments) => {
        const db = makeUses()
        uses.forEach(({ at, units }, seq) =>
          [bucket, ...others].forEach((bucket, n) =>
            runOnSqlite(db, Uses.addUse("main.", { seq, n }, 0, { ...bucket, at, units: units + BigInt(n) }))
          )
        )
        uses.forEach(({ isRemoved }, seq) => isRemoved && runOnSqlite(db, Uses.removeUses("main.", { seq, n: 0 })))
        const left = uses.filter(({ isRemoved }) => !isRemoved)
        for (const since of [-1, 0, ...moments, ...uses.map(({ at }) => at).filter((at) => at < Uses.whileOpen)])
          assert.strictEqual(
            runOnSqlite(db, Uses.usedSince(bucket, since)),
            left.filter(({ at }) => at > since).reduce((sum, { units }) => sum + units, 0n)
          )
        db.close()
      }),
      { numRuns: runs(100) }
    )
  })

  it("leave no sum behind if all are removed", () => {
    const db = makeUses()
    for (let seq = 0; seq < 3; seq++)
      runOnSqlite(db, Uses.addUse("main.", { seq, n: 0 }, 0, { ...bucket, at: seq * day, units: 5n }))
    runOnSqlite(db, Uses.removeUsesOf("main.", "SELECT seq FROM uses WHERE seq <= @through", 2))
    assert.deepStrictEqual(db.prepare("SELECT * FROM use_sums").all(), [])
  })

  it("are added to those of another key that replaces theirs", () => {
    const db = makeUses()
    const [one, other] = [{ ...bucket, key: "old" }, bucket]
    runOnSqlite(db, Uses.addUse("main.", { seq: 1, n: 0 }, 0, { ...one, at: day, units: 5n }))
    runOnSqlite(db, Uses.addUse("main.", { seq: 2, n: 0 }, 0, { ...other, at: day + 1, units: 7n }))
    runOnSqlite(db, Uses.rekeyUses("main.", "old", "key"))
    assert.strictEqual(runOnSqlite(db, Uses.usedSince(one, -1)), 0n)
    assert.strictEqual(runOnSqlite(db, Uses.usedSince(other, -1)), 12n)
    assert.strictEqual(runOnSqlite(db, Uses.usedSince(other, day)), 7n)
  })
})
