import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { readdirSync, statSync, utimesSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import {
  askServers,
  claimRequest,
  readWork,
  removeWork
} from "../../../../../src/layers/kraken/writes/panic/panicFiles.ts"
import type { PanicReport } from "../../../../../src/layers/kraken/writes/panic/panicReport.ts"
import { temporaryFolder } from "../../../../temporaryFolder.ts"

const options = { scope: "own", keepStops: true, withdrawals: "cancel" } as const

const report: PanicReport = {
  account: "kraken",
  isEmpty: true,
  stillOpen: [],
  kept: ["O1"],
  withdrawals: [],
  problems: [],
  notes: []
}

const key = "a".repeat(64)

/** A moment of the file system's clock, which sets the times of files. */
const now = Date.now()

describe("a request to servers", () => {
  it.scoped("is taken once by each key, shows its steps, and ends with a report", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const id = yield* askServers(folder, now, options)
      assert.deepStrictEqual(yield* readWork(folder, id), { lines: [], working: 0, keys: [], reports: [] })
      const claimed = yield* claimRequest(folder, key, now, new Set())
      assert.deepStrictEqual(claimed?.options, options)
      assert.isUndefined(yield* claimRequest(folder, key, now, new Set()))
      const other = yield* claimRequest(folder, "b".repeat(64), now, new Set())
      yield* claimed?.say("one\ntwo") ?? Effect.void
      assert.deepStrictEqual(yield* readWork(folder, id), { lines: ["one two"], working: 2, keys: [], reports: [] })
      yield* claimed?.finish(report) ?? Effect.void
      yield* other?.finish(report) ?? Effect.void
      const { keys, reports } = yield* readWork(folder, id)
      assert.deepStrictEqual(reports, [report, report])
      assert.sameMembers([...keys], ["a".repeat(12), "b".repeat(12)])
      for (const name of readdirSync(folder)) assert.strictEqual(statSync(join(folder, name)).mode & 0o777, 0o600)
      yield* removeWork(folder, id)
      assert.isEmpty(readdirSync(folder))
    })
  )

  it.scoped("is taken over from a server that shows no sign of life", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      yield* askServers(folder, now, options)
      yield* claimRequest(folder, key, now, new Set())
      assert.isUndefined(yield* claimRequest(folder, key, now + 9000, new Set()))
      assert.isDefined(yield* claimRequest(folder, key, now + 20_000, new Set()))
    })
  )

  it.scoped("is not taken twice by one server, nor after two minutes, nor if it is none", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      yield* askServers(folder, now, options)
      assert.isUndefined(yield* claimRequest(folder, key, now + 120_001, new Set()))
      const done = new Set<string>()
      assert.isDefined(yield* claimRequest(folder, key, now, done))
      assert.isUndefined(yield* claimRequest(folder, key, now + 20_000, done))
      writeFileSync(join(folder, "panic-01234567.request"), `{"at":${now},"options":{"scope":"everything"}}`)
      assert.isUndefined(yield* claimRequest(folder, key, now, done))
    })
  )

  it.scoped("removes what was left behind an hour ago", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const old = join(folder, "panic-01234567-aaaaaaaaaaaa.log")
      writeFileSync(old, "")
      utimesSync(old, (now - 7_200_000) / 1000, (now - 7_200_000) / 1000)
      const id = yield* askServers(folder, now, options)
      assert.deepStrictEqual(readdirSync(folder), [`panic-${id}.request`])
    })
  )
})
