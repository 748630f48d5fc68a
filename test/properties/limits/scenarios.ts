import * as fc from "fast-check"
import type { Mandate } from "../../../src/domain/mandates/mandate.ts"
import type { FaultKind } from "../../../src/exchange/rest/faults.ts"
import { liveFaults } from "../liveFaults.ts"
import type { LiveFault } from "../../doubles/LiveEvents.ts"
import type { Prices } from "../../doubles/TestMarket.ts"

/** An act of the agent, or something that happens to it. Choices are numbers, so that scenarios shrink well. */
export type Step =
  | { readonly kind: "order"; readonly order: OrderChoice }
  | { readonly kind: "batch"; readonly orders: ReadonlyArray<OrderChoice> }
  | { readonly kind: "amend"; readonly pick: number; readonly volume: number; readonly price: number }
  | { readonly kind: "cancel"; readonly pick: number }
  | { readonly kind: "cancelAll" }
  | { readonly kind: "withdraw"; readonly dollars: number }
  | { readonly kind: "fault"; readonly endpoint: string; readonly fault: FaultKind; readonly seconds: number }
  | { readonly kind: "crash" }
  | { readonly kind: "clock"; readonly by: number }

export interface OrderChoice {
  readonly type: "buy" | "sell"
  readonly pair: number
  /** The value of a buy in dollars; the percentage of what is owned for a sale. */
  readonly size: number
  /** The distance of the limit from the market in tenths of a percent; undefined for a market order. */
  readonly distance: number | undefined
  /** The distance of the conditional close, in percent. */
  readonly close: number | undefined
}

/** A step, the process that makes it, and the seconds before the next one begins. */
export interface Timed {
  readonly step: Step
  readonly process: number
  readonly wait: number
  /** True if the next step begins without waiting for the end of this one. */
  readonly overlaps: boolean
}

export interface Scenario {
  readonly terms: Mandate
  readonly prices: Prices
  readonly steps: ReadonlyArray<Timed>
  /** The fates of live events, for each of the two processes. Undefined: its feed is not connected. */
  readonly live: ReadonlyArray<ReadonlyArray<LiveFault> | undefined>
}

const order: fc.Arbitrary<OrderChoice> = fc.record({
  type: fc.constantFrom("buy", "buy", "sell"),
  pair: fc.nat(1),
  size: fc.oneof(fc.integer({ min: 6, max: 100 }), fc.integer({ min: 90, max: 160 })),
  distance: fc.option(fc.constantFrom(-30, -5, -1, 0, 1, 5, 60), { nil: undefined, freq: 4 }),
  close: fc.option(fc.constantFrom(-1, 1, 3), { nil: undefined, freq: 1 })
})

const faults: ReadonlyArray<FaultKind> = [
  "drop-before",
  "drop-after-accept",
  "delay",
  "arrive-late",
  "html-502",
  "rate-limit",
  "invalid-nonce",
  "service-unavailable"
]

const acts: ReadonlyArray<fc.WeightedArbitrary<Step>> = [
  { weight: 10, arbitrary: fc.record({ kind: fc.constant("order" as const), order }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("batch" as const),
      orders: fc.array(order, { minLength: 2, maxLength: 4 })
    })
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("amend" as const),
      pick: fc.nat(9),
      volume: fc.constantFrom(50, 100, 150, 400),
      price: fc.constantFrom(-20, 0, 10, 30)
    })
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("cancel" as const), pick: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("cancelAll" as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("withdraw" as const), dollars: fc.integer({ min: 11, max: 120 }) })
  }
]

const fault = ({
  kinds,
  seconds
}: {
  readonly kinds: ReadonlyArray<FaultKind>
  readonly seconds: ReadonlyArray<number>
}) =>
  fc.record({
    kind: fc.constant("fault" as const),
    endpoint: fc.constantFrom("AddOrder", "AddOrder", "AmendOrder", "CancelOrder", "Withdraw", "QueryOrders", "*"),
    fault: fc.constantFrom(...kinds),
    seconds: fc.constantFrom(...seconds)
  })

/**
 * Kraken lists an order before its deadline and two seconds have passed. The rules for a write without an answer rest on
 * that: one that is not listed by then was not placed, and what it reserved is given back.
 */
const mishaps: ReadonlyArray<fc.WeightedArbitrary<Step>> = [
  { weight: 3, arbitrary: fault({ kinds: faults, seconds: [1, 4, 20] }) },
  { weight: 1, arbitrary: fault({ kinds: ["list-late"], seconds: [1, 4] }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("crash" as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("clock" as const),
      by: fc.constantFrom(-3_600_000, 3_600_000, 90_000_000, -20_000)
    })
  }
]

export const terms = (limits: {
  readonly order: number
  readonly hour: number
  readonly day: number
  readonly capital?: number
}): Mandate => ({
  access: "full",
  spending: {
    currency: "USD",
    max: { order: String(limits.order), hour: String(limits.hour), day: String(limits.day) }
  },
  ...(limits.capital !== undefined && { capital: { amount: String(limits.capital), asset: "USD" } }),
  grants: {},
  keep: {},
  notPairs: [],
  collar: "5",
  slippage: "1",
  maxOpen: 8,
  calls: {},
  maxLeverage: 0,
  cancel: "own",
  withdraw: { "usd-bank-1": { amount: "150", asset: "USD", per: "day" } },
  ask: { kinds: [] }
})

/** Prices of the market: a walk of small steps, and now and then a large one. */
const prices: fc.Arbitrary<Prices> = fc
  .array(fc.tuple(fc.constantFrom(30, 300, 4000, 40_000), fc.constantFrom(-8, -1, -0.2, 0.2, 1, 8)), { maxLength: 12 })
  .map((moves) => {
    let [second, price] = [0, 50_000]
    return [
      [0, "50000"] as const,
      ...moves.map(([after, percent]) => {
        second += after
        price = Math.round(price * (1 + percent / 100))
        return [second, String(price)] as const
      })
    ]
  })

const timed = (step: fc.Arbitrary<Step>): fc.Arbitrary<Timed> =>
  fc.record({
    step,
    process: fc.nat(1),
    wait: fc.constantFrom(0, 0, 1, 3, 20, 70, 1900, 30_000, 90_000),
    overlaps: fc.boolean()
  })

const limits = fc.constantFrom(
  terms({ order: 100, hour: 300, day: 500, capital: 500 }),
  terms({ order: 100, hour: 300, day: 500 }),
  terms({ order: 150, hour: 200, day: 400, capital: 1000 })
)

const live = fc.array(fc.option(liveFaults, { nil: undefined }), { minLength: 2, maxLength: 2 })

/** Anything can happen at any time. */
export const stormy: fc.Arbitrary<Scenario> = fc.record({
  terms: limits,
  prices,
  live,
  steps: fc.array(timed(fc.oneof(...acts, ...mishaps)), { minLength: 4, maxLength: 25 })
})

/** One call after the other, without mishaps. */
export const calm: fc.Arbitrary<Scenario> = fc.record({
  terms: limits,
  prices,
  live,
  steps: fc.array(
    timed(fc.oneof(...acts)).map((timed) => ({ ...timed, overlaps: false })),
    { minLength: 4, maxLength: 25 }
  )
})
