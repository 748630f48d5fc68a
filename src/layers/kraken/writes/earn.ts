import { Effect, Option, Schema } from "effect"
import type { Params, ReadEndpoint, WriteEndpoint } from "../../../domain/endpoints/endpoints.ts"
import * as D from "../../../domain/numbers/decimal.ts"
import { isAccepted } from "./confirmation.ts"
import { type Finding, match, noMatch } from "./finding.ts"
import { Numeric } from "./numeric.ts"
import { noDeadline } from "./orderDefaults.ts"
import { pollUntilSettled } from "./pollUntilSettled.ts"
import { precheck } from "./precheck.ts"
import { procedure, type ProcedureContext, type Settlement, type UnconfirmedWrite } from "./writeProcedure.ts"

/** @see https://docs.kraken.com/api/docs/rest-api/list-allocations read 2026-08-17 */
const Allocations = Schema.Struct({
  items: Schema.Array(
    Schema.Struct({
      strategy_id: Schema.String,
      amount_allocated: Schema.Struct({
        total: Schema.Struct({ native: Numeric }),
        pending: Schema.optional(Schema.NullOr(Schema.Struct({ native: Numeric })))
      })
    })
  )
})

const decodeAllocations = Schema.decodeUnknown(Allocations)
const decodePending = Schema.decodeUnknown(Schema.Struct({ pending: Schema.Boolean }))

/** The state of one strategy. `pending`: an operation is under way. */
const Allocation = Schema.Struct({ pending: Schema.Boolean, total: Numeric })
type Allocation = typeof Allocation.Type

/**
 * Earn/Allocate and Earn/Deallocate. An operation counts as done only if the allocation read before it and the one read
 * after it differ by the amount.
 */
export const earn = procedure({
  before: Schema.Struct({ allocation: Schema.optionalWith(Allocation, { exact: true }) }),
  hasDeadline: false,
  isConfirmed: isAccepted,
  prepare: (context, endpoint, params) => prepare(context, endpoint, params),
  settle: (context, attempt, { allocation }) => settle(context, attempt, allocation)
})

const statusOf = (endpoint: WriteEndpoint): ReadEndpoint =>
  endpoint === "private/Earn/Allocate" ? "private/Earn/AllocateStatus" : "private/Earn/DeallocateStatus"

const prepare = Effect.fnUntraced(function* (context: ProcedureContext, endpoint: WriteEndpoint, params: Params) {
  const reading = readAllocation(context, statusOf(endpoint), params)
  // A lost answer could not be settled without this, so nothing is sent while Kraken does not answer. A missing permission
  // or an unknown shape of the answer does not go away, and would block the write for good: these are no reason to refuse.
  const before = yield* Effect.asSome(reading).pipe(
    Effect.catchTags({ KrakenPermissionError: () => Effect.succeedNone, ParseError: () => Effect.succeedNone }),
    precheck(endpoint, "the current allocation, without which a lost answer cannot be settled")
  )
  return {
    params,
    before: { ...(Option.isSome(before) && { allocation: before.value }) },
    fingerprints: [String(params["strategy_id"])]
  }
})

const readAllocation = Effect.fnUntraced(function* (
  context: ProcedureContext,
  status: ReadEndpoint,
  { strategy_id }: Params
) {
  const priority = { priority: "settlement" } as const
  const answer = yield* context.kraken.read(status, { strategy_id }, priority)
  const { pending } = yield* decodePending(answer)
  const { items } = yield* Effect.flatMap(
    context.kraken.read("private/Earn/Allocations", { hide_zero_allocations: false }, priority),
    decodeAllocations
  )
  const allocated = items.find((item) => item.strategy_id === strategy_id)?.amount_allocated
  const total = D.sum(
    D.decimal(String(allocated?.total.native ?? 0)),
    D.decimal(String(allocated?.pending?.native ?? 0))
  )
  return { pending, total: D.format(total) } satisfies Allocation
})

const settle = Effect.fn("KrakenWriter.settleEarn")(function* (
  context: ProcedureContext,
  { endpoint, error, params }: UnconfirmedWrite,
  /** The state before the write. Undefined if it could not be read. */
  before: Allocation | undefined
) {
  const check = "Check get_earn_allocation_status or get_earn_deallocation_status, and list_earn_allocations."
  if (before === undefined) return { _tag: "Unknown", reason: error.reason, check } satisfies Settlement
  const amount = D.decimal(String(params["amount"]))
  const expected = D.sum(
    D.decimal(String(before.total)),
    endpoint === "private/Earn/Allocate" ? amount : D.negate(amount)
  )
  const lookUp = Effect.map(readAllocation(context, statusOf(endpoint), params), (now): Finding<string> => {
    if (now.pending && !before.pending) return match("pending")
    return D.equals(D.decimal(String(now.total)), expected) ? match("done") : noMatch()
  })
  const search = yield* pollUntilSettled(context, noDeadline, lookUp)
  return search._tag === "Found"
    ? ({ _tag: "Placed", result: true, state: search.value } satisfies Settlement)
    : ({ _tag: "Unknown", reason: "the allocation was not seen to change by the amount", check } satisfies Settlement)
})
