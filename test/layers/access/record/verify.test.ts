import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { join } from "node:path"
import type { Event } from "../../../../src/domain/record/events.ts"
import { append } from "../../../../src/layers/access/record/append.ts"
import { parseReceipt, receiptOf } from "../../../../src/layers/access/record/chain.ts"
import { layout } from "../../../../src/layers/access/record/layout.ts"
import { verify } from "../../../../src/layers/access/record/verify.ts"
import { openImmediateDatabase } from "../../../../src/layers/storage/immediateDatabase.ts"
import { run, type Steps } from "../../../../src/layers/storage/steps.ts"
import { temporaryFolder } from "../../../temporaryFolder.ts"

const actor = { id: "local" }

const intent = (n: number): Event => ({
  kind: "intent",
  at: 1_000_000 + n * 1000,
  actor,
  key: "k",
  account: "a",
  endpoint: "private/AddOrder",
  request: { pair: "XBTUSD", cl_ord_id: `order-${n}` },
  identity: `order ${n}`,
  fingerprints: [`order-${n}`],
  leaveBy: 1_030_000 + n * 1000
})

const outcome = (n: number, of: number): Event => ({
  kind: "outcome",
  at: 1_000_500 + n * 1000,
  actor,
  intent: of,
  outcome: "happened",
  ids: [`O${n}`]
})

/** A record of three orders, of which the last one is still open, and the receipts of all its rows. */
const record = Effect.gen(function* () {
  const file = join(yield* temporaryFolder, "authority.db")
  const db = yield* openImmediateDatabase({ file, layout })
  const receipts: Array<string> = []
  for (const event of [intent(1), outcome(1, 1), intent(2), outcome(2, 3), intent(3)])
    receipts.push(receiptOf(yield* db.write(() => append(event))))
  return { db, receipts: receipts.flatMap((text) => parseReceipt(text) ?? []) }
})

/** Makes steps that change rows without the record's knowledge. */
const changing = (...texts: ReadonlyArray<string>) =>
  function* (): Steps<void> {
    for (const text of texts) yield* run(text)
  }

describe("verification of the record", () => {
  it.scoped("finds nothing in a record that nobody has touched", () =>
    Effect.gen(function* () {
      const { db, receipts } = yield* record
      const { findings, head, rows } = yield* db.read(() => verify(receipts))
      assert.deepStrictEqual(findings, [])
      assert.strictEqual(rows, 5)
      assert.strictEqual(head.seq, 5)
    })
  )

  const tampering: ReadonlyArray<readonly [string, () => Steps<void>, ReadonlyArray<string>]> = [
    [
      "an altered body",
      changing(`UPDATE events SET body = replace(body, 'XBTUSD', 'ETHUSD') WHERE seq = 3`),
      ["Altered 3"]
    ],
    ["a deleted row", changing("DELETE FROM events WHERE seq = 2"), ["Altered 3"]],
    [
      "an inserted row",
      changing("INSERT INTO events SELECT 6, body, body_hash, hash FROM events WHERE seq = 1"),
      ["Altered 6"]
    ],
    ["a row before the first one", changing("UPDATE events SET seq = -1 WHERE seq = 1"), ["Altered -1"]],
    ["a cut tail", changing("DELETE FROM events WHERE seq > 3"), ["Altered 3", "ShorterThanReceipt"]],
    [
      "a cut tail whose head was cut, too",
      changing(
        "DELETE FROM events WHERE seq > 4",
        "UPDATE head SET seq = 4, hash = (SELECT hash FROM events WHERE seq = 4)",
        "DELETE FROM intents WHERE seq > 4"
      ),
      ["ShorterThanReceipt"]
    ],
    ["a removed body", changing("UPDATE events SET body = NULL WHERE seq = 1"), ["Altered 1"]],
    [
      "a projection that was edited",
      changing("UPDATE intents SET state = 'happened' WHERE seq = 5"),
      ["ProjectionDiffers 5"]
    ],
    ["a projection that was deleted", changing("DELETE FROM intents WHERE seq = 5"), ["ProjectionDiffers 5"]],
    ...["sqlite1", "SQLiteStat", "notes"].map(
      (name) =>
        [
          `a trigger with the name ${name}`,
          changing(`CREATE TRIGGER ${name} AFTER INSERT ON leases BEGIN DELETE FROM leases WHERE seq = new.seq; END`),
          ["Altered 0"]
        ] as const
    ),
    [
      "everything deleted",
      changing("DELETE FROM events", "DELETE FROM head", "DELETE FROM intents", "DELETE FROM made"),
      ["ShorterThanReceipt"]
    ]
  ]
  it.scoped.each(tampering)("finds %s", ([, tamper, expected]) =>
    Effect.gen(function* () {
      const { db, receipts } = yield* record
      yield* db.write(tamper)
      const { findings } = yield* db.read(() => verify(receipts))
      const found = findings.map((finding) => ("seq" in finding ? `${finding._tag} ${finding.seq}` : finding._tag))
      for (const one of expected) assert.include(found, one)
    })
  )

  it.scoped("takes SQLite's own statistics for no alteration", () =>
    Effect.gen(function* () {
      const { db } = yield* record
      yield* db.write(() => run("ANALYZE"))
      assert.deepStrictEqual((yield* db.read(() => verify())).findings, [])
    })
  )

  it.scoped("finds a record that was written anew, by the receipts of the old one", () =>
    Effect.gen(function* () {
      const { receipts } = yield* record
      const file = join(yield* temporaryFolder, "authority.db")
      const other = yield* openImmediateDatabase({ file, layout })
      for (const n of [7, 8, 9, 10, 11]) yield* other.write(() => append(intent(n)))
      const { findings } = yield* other.read(() => verify(receipts))
      assert.deepStrictEqual(new Set(findings.map(({ _tag }) => _tag)), new Set(["Altered"]))
    })
  )

  it.scoped("tells that the clock was set back, in a record that is intact", () =>
    Effect.gen(function* () {
      const { db } = yield* record
      yield* db.write(() => append({ ...intent(4), at: 0 }))
      const { findings } = yield* db.read(() => verify())
      assert.deepStrictEqual(findings, [{ _tag: "ClockWentBack", seq: 6, seconds: 1003 }])
    })
  )
})
