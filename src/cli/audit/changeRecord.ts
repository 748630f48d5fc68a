import { Clock, Console, Effect } from "effect"
import type { Resolution } from "../../domain/record/events.ts"
import { leastAge, prune as pruneRows, resolve as resolveIntent } from "../../layers/access/record/administer.ts"
import { receiptOf } from "../../layers/access/record/chain.ts"
import { UsageError } from "../kit/errors.ts"
import {
  type From,
  type FromOperator,
  isoOf,
  locate,
  openExisting,
  RecordRefusal,
  requireSecret,
  withSecret,
  withState
} from "./record.ts"

/** The effects of the audit commands that change the record. */

export const prune = Effect.fn("audit.prune")(function* ({ before }: { readonly before: number } & From) {
  const newest = (yield* Clock.currentTimeMillis) - leastAge
  if (before > newest)
    return yield* new UsageError({ message: `--before: expected a day that begins before ${isoOf(newest)}` })
  const db = yield* openExisting
  // What is pruned cannot be compared any more.
  const { findings } = yield* Effect.flatMap(locate, ({ verify }) => verify([]))
  if (findings.some(({ _tag }) => _tag !== "ClockWentBack"))
    return yield* new RecordRefusal({
      message: "The record was altered, so nothing is removed. audit verify says where."
    })
  let rows = 0
  let receipt = ""
  for (;;) {
    const pruned = yield* db.write(({ wall }) => pruneRows(wall, before))
    if (pruned === undefined) break
    rows += pruned.rows
    receipt = receiptOf(pruned.head)
    // Servers that wait for the file get it in between.
    yield* Effect.sleep("50 millis")
  }
  yield* Console.log(
    rows === 0 ? "Nothing to remove." : `Removed the contents of ${rows} rows; their hashes stay. Receipt: ${receipt}`
  )
}, withState)

export const resolve = Effect.fn("audit.resolve")(function* ({
  outcome,
  seq
}: { readonly seq: number; readonly outcome: Resolution["outcome"] } & FromOperator) {
  const db = yield* openExisting
  yield* requireSecret(`Deciding row ${seq}`)
  const resolved = yield* db.write(({ wall }) => resolveIntent(wall, seq, outcome))
  if (resolved._tag === "NotUnknown")
    return yield* new RecordRefusal({ message: `Row ${seq} ${whyNot(resolved.state)}` })
  yield* Console.log(`Row ${seq} is recorded as ${outcome}. Receipt: ${receiptOf(resolved.head)}`)
}, withSecret)

const whyNot = (state: string | undefined): string => {
  if (state === undefined) return "is no write of this record, or was pruned."
  return state === "open"
    ? "is still open: a server that runs looks for what became of it."
    : `is not unknown but ${state}, so there is nothing to decide.`
}
