import { assert, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import { dirname } from "node:path"
import { writeFileSync } from "node:fs"
import type { WriteEndpoint } from "../../../../src/domain/endpoints/endpoints.ts"
import { haltFileIn, removeHaltFile, writeHaltFile } from "../../../../src/layers/access/halt/haltFile.ts"
import { append } from "../../../../src/layers/access/record/append.ts"
import { halt, release, stopIn } from "../../../../src/layers/access/record/emergency.ts"
import { layout } from "../../../../src/layers/access/record/layout.ts"
import { verify } from "../../../../src/layers/access/record/verify.ts"
import { openImmediateDatabase } from "../../../../src/layers/storage/immediateDatabase.ts"
import { Principal } from "../../../../src/services/Principal.ts"
import type { Record } from "../../../../src/services/Record.ts"
import { testOperator } from "../../../doubles/TestPrincipal.ts"
import { makeRecords } from "./processes.ts"
import { order } from "./records.ts"

const stop = { since: 1000, by: "local", reason: "odd orders" }
const refusal = { _tag: "Frozen", scope: "everything", ...stop } as const

const local = Effect.provideService(Principal, testOperator)

const begin = (record: typeof Record.Service, endpoint: WriteEndpoint, params: object = {}) =>
  record.begin({ endpoint, params: { ...params }, fingerprints: [] }, { repeat: false })

const makeStopped = (ways: ReadonlyArray<"row" | "file">) =>
  Effect.gen(function* () {
    const { file, start } = yield* makeRecords
    const record = yield* start
    yield* record.begin(order, { repeat: false })
    const db = yield* openImmediateDatabase({ file, layout })
    if (ways.includes("row")) yield* db.write(() => halt(stop))
    const path = haltFileIn(dirname(file))
    if (ways.includes("file")) writeHaltFile(path, stop)
    return { record, db, file, path }
  })

describe.each([[["row"]], [["file"]], [["row", "file"]]] as const)("a stop by %j", (ways) => {
  it.scoped("lets only cancels begin, and says when and why", () =>
    Effect.gen(function* () {
      const { record } = yield* makeStopped(ways)
      for (const endpoint of ["private/AddOrder", "private/Withdraw", "private/GetWebSocketsToken"] as const)
        assert.deepStrictEqual(yield* begin(record, endpoint), { _tag: "NoRoom", refusal })
      for (const endpoint of ["private/CancelOrder", "private/CancelAll", "private/WithdrawCancel"] as const)
        assert.strictEqual((yield* begin(record, endpoint))._tag, "Begun")
      assert.deepStrictEqual(yield* record.judge({ endpoint: "private/AddOrder" }, {}), Option.some(refusal))
      assert.deepStrictEqual((yield* record.usage({})).frozen, refusal)
    }).pipe(local)
  )

  it.scoped.each([[{ timeout: 60 }], [{ timeout: 0 }], [{ timeout: "0" }], [{}]] as const)(
    "lets no client set or turn off a timer (%j), since that of the stop might run",
    ([params]) =>
      Effect.gen(function* () {
        const { record } = yield* makeStopped(ways)
        assert.deepStrictEqual(yield* begin(record, "private/CancelAllOrdersAfter", params), {
          _tag: "NoRoom",
          refusal
        })
      }).pipe(local)
  )
})

describe("a stop", () => {
  it.scoped("ends when both the row and the file are gone", () =>
    Effect.gen(function* () {
      const { db, path, record } = yield* makeStopped(["row", "file"])
      yield* db.write(() => release(2000))
      assert.strictEqual((yield* begin(record, "private/AddOrder"))._tag, "NoRoom")
      removeHaltFile(path)
      assert.strictEqual((yield* begin(record, "private/AddOrder"))._tag, "Begun")
      assert.isUndefined(yield* db.write(() => release(3000)))
    }).pipe(local)
  )

  it.scoped("keeps its beginning, and the record is intact afterwards", () =>
    Effect.gen(function* () {
      const { db } = yield* makeStopped(["row"])
      assert.isUndefined(yield* db.write(() => halt({ since: 2000, by: "local" })))
      assert.deepInclude(yield* db.read(stopIn), stop)
      assert.isEmpty((yield* db.read(() => verify())).findings)
    }).pipe(local)
  )

  it.scoped("by the file holds although the record cannot be used", () =>
    Effect.gen(function* () {
      const { file, start } = yield* makeRecords
      writeFileSync(file, "no database".repeat(100))
      const record = yield* start
      assert.deepInclude(yield* Effect.flip(begin(record, "private/AddOrder")), { _tag: "RecordUnavailable" })
      writeHaltFile(haltFileIn(dirname(file)), stop)
      assert.deepStrictEqual(yield* begin(record, "private/AddOrder"), { _tag: "NoRoom", refusal })
    }).pipe(local)
  )

  it.scoped("of one caller keeps its begun intents from leaving, and no other's", () =>
    Effect.gen(function* () {
      const { db, record } = yield* makeStopped([])
      const freeze = (frozen: boolean) =>
        db.write(() => append({ kind: "freeze", at: 1, actor: { id: "local" }, subject: "local", frozen }))
      const begun = yield* begin(record, "private/Withdraw")
      if (begun._tag !== "Begun") return assert.fail(begun._tag)
      assert.isTrue(yield* record.mayLeave(begun.intent))
      yield* freeze(true)
      assert.isFalse(yield* record.mayLeave(begun.intent))
      const cancel = yield* begin(record, "private/CancelAll")
      assert.isTrue(cancel._tag === "Begun" && (yield* record.mayLeave(cancel.intent)))
      yield* freeze(false)
      assert.isTrue(yield* record.mayLeave(begun.intent))
      yield* db.write(() => halt(stop))
      assert.isFalse(yield* record.mayLeave(begun.intent))
    }).pipe(local)
  )
})
