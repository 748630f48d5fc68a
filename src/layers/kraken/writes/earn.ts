import { Effect, Option, Schema } from "effect"
import * as D from "../../../domain/numbers/decimal.ts"
import type { Params, ReadEndpoint } from "../../../domain/endpoints/endpoints.ts"
import type { Principal } from "../../../services/Principal.ts"
import type { UnconfirmedWrite, ProcedureContext, WriteProcedure, Settlement } from "./writeProcedure.ts"
import { isAccepted } from "./confirmation.ts"
import { noDeadline } from "./orderDefaults.ts"
import { empty, found, type Finding, type LookUpError, pollUntilSettled } from "./pollUntilSettled.ts"
import { Numeric } from "./numeric.ts"
import { precheck } from "./precheck.ts"

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

/** What is seen of a strategy: whether an operation is under way, and how much is allocated. */
interface Reading {
  readonly pending: boolean
  readonly total: D.Decimal
}

/** Earn/Allocate and Earn/Deallocate: happened only if a reading before and one after show the change. */
export const earn: WriteProcedure = Effect.fnUntraced(function* (context, endpoint, params) {
  const status = endpoint === "private/Earn/Allocate" ? "private/Earn/AllocateStatus" : "private/Earn/DeallocateStatus"
  const reading = read(context, status, params)
  // No guard, but without it a lost answer could never be settled: nothing is sent while Kraken does not answer. A key
  // that may not read allocations, or an answer of a new shape, would bar it for good, and is no reason to refuse.
  const before = yield* Effect.asSome(reading).pipe(
    Effect.catchTags({ KrakenPermissionError: () => Effect.succeedNone, ParseError: () => Effect.succeedNone }),
    precheck(endpoint, "what is allocated now, by which a lost answer is settled")
  )
  return {
    params,
    fingerprints: [String(params["strategy_id"])],
    isConfirmed: isAccepted,
    settle: (attempt) => settle(context, attempt, before, reading)
  }
})

const read = (context: ProcedureContext, status: ReadEndpoint, { strategy_id }: Params) =>
  Effect.gen(function* () {
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
    return { pending, total } satisfies Reading
  })

const settle = Effect.fnUntraced(function* (
  context: ProcedureContext,
  { endpoint, error, params }: UnconfirmedWrite,
  before: Option.Option<Reading>,
  reading: Effect.Effect<Reading, LookUpError, Principal>
) {
  const check = "See get_earn_allocation_status or get_earn_deallocation_status, and list_earn_allocations."
  if (Option.isNone(before)) return { _tag: "Unknown", reason: error.reason, check } satisfies Settlement
  const amount = D.decimal(String(params["amount"]))
  const expected = D.sum(before.value.total, endpoint === "private/Earn/Allocate" ? amount : D.negate(amount))
  const lookUp = Effect.map(reading, (now): Finding<string> => {
    if (now.pending && !before.value.pending) return found("pending")
    return D.equals(now.total, expected) ? found("done") : empty
  })
  const outcome = yield* pollUntilSettled(context, noDeadline, lookUp)
  if (outcome._tag === "Found") {
    return { _tag: "Placed", result: true, state: outcome.value } satisfies Settlement
  }
  return { _tag: "Unknown", reason: "the allocation does not show it", check } satisfies Settlement
})
