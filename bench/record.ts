import { Context, Effect, Layer, Logger, LogLevel, Option } from "effect"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import process from "node:process"
import type { Event } from "../src/domain/record/events.ts"
import { append } from "../src/layers/access/record/append.ts"
import { layout } from "../src/layers/access/record/layout.ts"
import { recordFile } from "../src/layers/access/record/recordFile.ts"
import { RecordSql } from "../src/layers/access/record/RecordSql.ts"
import { verify } from "../src/layers/access/record/verify.ts"
import { openImmediateDatabase } from "../src/layers/storage/immediateDatabase.ts"
import { Record } from "../src/services/Record.ts"
import { Principal } from "../src/services/Principal.ts"
import { TestConfig } from "../test/doubles/TestConfig.ts"
import { testOperator } from "../test/doubles/TestPrincipal.ts"
import { recordedRows, recordedWrites } from "./settings.ts"
import { number, print, table } from "./table.ts"

const key = "0".repeat(64)

/** The two rows of an order. */
const eventsOf = (n: number): readonly [Event, Event] => [
  {
    kind: "intent",
    at: n,
    actor: { id: "aabbccddeeff", name: "agent" },
    key,
    account: "kraken",
    endpoint: "private/AddOrder",
    request: {
      pair: "XBTUSD",
      type: "buy",
      ordertype: "limit",
      price: "50000.0",
      volume: "0.1",
      cl_ord_id: `order-${n}`
    },
    identity: `private/AddOrder order-${n}`,
    fingerprints: [`cl_ord_id order-${n}`],
    leaveBy: n + 30_000,
    expires: n + 40_000
  },
  {
    kind: "outcome",
    at: n,
    actor: { id: "aabbccddeeff" },
    intent: 2 * n + 1,
    outcome: "happened",
    ids: [`O${n}`],
    result: { txid: [`O${n}`] }
  }
]

/** Rows that one transaction adds when the record is filled. */
const batch = 10_000

/** Wall and CPU time of a step, in milliseconds. */
const timed = <A, E, R>(step: Effect.Effect<A, E, R>) =>
  Effect.suspend(() => {
    const before = { wall: performance.now(), cpu: process.cpuUsage() }
    return Effect.map(step, (value) => {
      const { system, user } = process.cpuUsage(before.cpu)
      return { value, wall: performance.now() - before.wall, cpu: (system + user) / 1000 }
    })
  })

/** Measures the record: filling it, checking it, and what a write pays for it once it is large. */
export const record = async (): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), "mcp-kraken-bench-"))
  const rows: Array<ReadonlyArray<string>> = []
  const add = (name: string, count: number, { cpu, wall }: { readonly cpu: number; readonly wall: number }) =>
    rows.push([name, number((count / wall) * 1000), number((wall / count) * 1000, 1), number((cpu / count) * 1000, 1)])

  const fill = Effect.gen(function* () {
    const db = yield* openImmediateDatabase({ file: join(folder, recordFile), layout })
    const filled = yield* timed(
      Effect.gen(function* () {
        for (let n = 0; n < recordedRows / 2; n += batch / 2)
          yield* db.write(function* () {
            for (let i = n; i < Math.min(recordedRows / 2, n + batch / 2); i++)
              for (const event of eventsOf(i)) yield* append(event)
          })
      })
    )
    add(`append, ${batch} rows a transaction`, recordedRows, filled)
    const verified = yield* timed(db.read(() => verify()))
    if (verified.value.findings.length > 0) throw new Error("the record is not intact")
    add(`verify ${recordedRows} rows`, recordedRows, verified)
  })

  const live = RecordSql.pipe(Layer.provide(TestConfig({ stateDir: folder, mode: "paper" })))
  const write = Effect.gen(function* () {
    const { begin, end, mayLeave, recognize } = Context.get(yield* Layer.build(live), Record)
    const one = (n: number) =>
      Effect.gen(function* () {
        const draft = {
          endpoint: "private/AddOrder",
          params: { pair: "XBTUSD", volume: "0.1", cl_ord_id: `new-${n}` },
          identity: `new ${n}`,
          fingerprints: [`new ${n}`]
        } as const
        if (Option.isSome(yield* recognize(draft, { repeat: false }))) throw new Error("recognized")
        const admission = yield* begin(draft, { repeat: false })
        if (admission._tag !== "Begun") throw new Error(admission._tag)
        if (!(yield* mayLeave(admission.intent))) throw new Error("late")
        const receipt = yield* end(admission.intent, { outcome: "happened", ids: [`N${n}`] })
        if (Option.isNone(receipt)) throw new Error("no receipt")
      })
    for (let n = 0; n < 200; n++) yield* one(-1 - n)
    const written = yield* timed(
      Effect.gen(function* () {
        for (let n = 0; n < recordedWrites; n++) yield* one(n)
      })
    )
    add("a write: recognize, begin, mayLeave and end, the rows synced", recordedWrites, written)
  }).pipe(Effect.provideService(Principal, testOperator))

  try {
    await Effect.runPromise(
      Effect.zipRight(Effect.scoped(fill), Effect.scoped(write)).pipe(Logger.withMinimumLogLevel(LogLevel.Warning))
    )
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  print(table("8. The record", ["", "per s", "µs each", "CPU µs each"], rows))
}
