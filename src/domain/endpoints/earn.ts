import { Schema } from "effect"
import { page, read, write } from "./endpoint.ts"
import { flag, keyed, maybe, Numeric, numeric, optionalText } from "./results.ts"

/** An object that holds only its kind, such as `{ "type": "enabled" }`. */
const kind = maybe(Schema.Struct({ type: optionalText }))

const seconds = maybe(Schema.Number)

/**
 * A strategy of Kraken Earn.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/list-strategies read 2026-08-17
 */
const Strategy = Schema.Struct({
  id: Schema.String,
  asset: Schema.String,
  lock_type: maybe(
    Schema.Struct({
      type: optionalText,
      payout_frequency: seconds,
      bonding_period: seconds,
      unbonding_period: seconds,
      exit_queue_period: seconds
    })
  ),
  apr_estimate: maybe(Schema.Struct({ low: numeric, high: numeric })),
  auto_compound: kind,
  yield_source: kind,
  user_min_allocation: numeric,
  user_cap: numeric,
  allocation_fee: numeric,
  deallocation_fee: numeric,
  can_allocate: flag,
  can_deallocate: flag,
  allocation_restriction_info: maybe(Schema.Array(Schema.String))
})

/**
 * An amount in the asset itself and in `converted_asset`.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/list-allocations read 2026-08-17
 */
const Sum = Schema.Struct({ native: Numeric, converted: numeric })

const Share = Schema.Struct({
  native: Numeric,
  converted: numeric,
  allocations: maybe(
    Schema.Array(
      Schema.Struct({ created_at: optionalText, expires: optionalText, native: Numeric, converted: numeric })
    )
  )
})

/**
 * An allocation to a strategy.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/list-allocations read 2026-08-17
 */
const Allocation = Schema.Struct({
  strategy_id: Schema.String,
  native_asset: Schema.String,
  amount_allocated: keyed(Schema.NullOr(Share)),
  total_rewarded: maybe(Sum),
  payout: maybe(
    Schema.Struct({
      period_start: optionalText,
      period_end: optionalText,
      accumulated_reward: maybe(Sum),
      estimated_reward: maybe(Sum)
    })
  )
})

const change = {
  intent: "destroy",
  moves: "earn",
  permissions: [["earn-funds"]],
  restCost: 1,
  engine: "none",
  priority: "write",
  idempotent: false,
  // True if the request was accepted. One client library has also seen an object with `pending`.
  result: Schema.NullOr(Schema.Union(Schema.Boolean, Schema.Struct({ pending: flag })))
} as const

const status = {
  permissions: [["earn-funds"], ["query-funds"]],
  restCost: 1,
  result: Schema.Struct({ pending: Schema.Boolean })
} as const

export const earn = {
  "private/Earn/Strategies": read({
    permissions: [[]],
    restCost: 1,
    result: Schema.Struct({ items: Schema.Array(Strategy), next_cursor: optionalText }),
    see: page("list-strategies")
  }),
  "private/Earn/Allocations": read({
    permissions: [["query-funds"]],
    restCost: 1,
    result: Schema.Struct({
      converted_asset: Schema.String,
      total_allocated: numeric,
      total_rewarded: numeric,
      items: Schema.Array(Allocation),
      next_cursor: optionalText
    }),
    see: page("list-allocations")
  }),
  "private/Earn/Allocate": write({ ...change, see: page("allocate-strategy") }),
  "private/Earn/Deallocate": write({ ...change, see: page("deallocate-strategy") }),
  "private/Earn/AllocateStatus": read({ ...status, see: page("get-allocate-strategy-status") }),
  "private/Earn/DeallocateStatus": read({ ...status, see: page("get-deallocate-strategy-status") })
}
