import * as fc from "fast-check"
import * as Fault from "../doubles/fake/Faults.ts"
import type { Params, WriteEndpoint } from "../../src/domain/endpoints/endpoints.ts"
import type { LiveFault } from "../doubles/LiveEvents.ts"
import { liveFaults } from "./liveFaults.ts"
import { limit } from "../doubles/WriterAccount.ts"

/** A write that its caller wants once. */
export interface Intent {
  readonly endpoint: WriteEndpoint
  readonly params: Params
  /** Milliseconds from the start of the scenario. */
  readonly at: number
  /** Milliseconds after which the same call is sent a second time. */
  readonly again: number | undefined
  /** Milliseconds after which the caller leaves. */
  readonly leavesAfter: number | undefined
  /** Faults of the requests of this write, in order. */
  readonly faults: ReadonlyArray<Fault.Fault>
}

/** An action of another program on the same account that resembles an intent, but differs from it in some way. */
export interface LookAlike {
  /** Index of the intent that it resembles. */
  readonly of: number
  /** The earliest moment at which it is listed, in milliseconds from the start of the scenario. */
  readonly at: number
  /** Milliseconds by which it is older than all intents, if it has the same terms. If undefined, its terms differ. */
  readonly age: number | undefined
  /** Milliseconds after which it is listed. */
  readonly listedAfter: number
}

/** A clock that is set. `by` and `at` are milliseconds. */
export interface ClockChange {
  readonly at: number
  readonly clock: "ours" | "Kraken's"
  readonly by: number
}

/** Concurrent writes, with the faults that they meet. */
export interface Scenario {
  readonly intents: ReadonlyArray<Intent>
  readonly lookAlikes: ReadonlyArray<LookAlike>
  readonly clockChanges: ReadonlyArray<ClockChange>
  /** Faults of all other requests, in order. */
  readonly others: ReadonlyArray<Fault.Fault>
  readonly key: "full" | "windowed" | "blind"
  /** Milliseconds by which Kraken's clock is ahead of ours. */
  readonly skew: number
  /** Milliseconds by which the `Date` of all answers is ahead of the clock of Kraken's engine. */
  readonly dateOff: number
  /** The fates of live events. Absent: the feed is not connected. */
  readonly live?: ReadonlyArray<LiveFault>
  /** True if the permissions of the key were read before, so that Kraken's clock is known. */
  readonly warm: boolean
}

/** The ids of two orders that are open from the start. `plain` has no `cl_ord_id`, and that of `named` is `mine`. */
export interface OpenOrderIds {
  readonly plain: string
  readonly named: string
}

const millis = fc.oneof(fc.integer({ min: 1, max: 3000 }), fc.integer({ min: 3000, max: 25_000 }))
const when = fc.constantFrom("before" as const, "after" as const)
const services = [
  "EService:Busy",
  "EService:Unavailable",
  "EService:Deadline elapsed",
  "EGeneral:Internal error",
  "EService: Something new"
]

/** Answers that do not show whether a write happened. */
const undecided = [
  [200, `{"error":[]}`],
  [200, `{"error":[],"result":null}`],
  [200, `{"error":[],"result":{"descr":{"order":"buy"}}}`],
  [200, `{"error":[],"result":{"txid":[],"orders":[{"txid":"O1"}]}}`],
  [200, `{"error":["EOrder:Insufficient funds"],"result":{"txid":["O1"]}}`],
  [200, `{"error":["EGeneral:Timeout"]}`],
  [200, `{"error":["EOrder:Insufficient funds","ENew:Something"]}`],
  [408, `{"error":["EOrder:Insufficient funds"]}`],
  [429, `{"error":["EAPI:Rate limit exceeded"]}`],
  [499, `{"error":["EAPI:Invalid nonce"]}`]
] as const

const noAnswer = fc.oneof(
  fc.constantFrom(Fault.dropBefore, Fault.dropAfter),
  when.map((when) => Fault.html(502, when)),
  when.map(Fault.garbage),
  fc.tuple(fc.constantFrom(...services), when).map(([code, when]) => Fault.error(code, when)),
  fc
    .tuple(fc.constantFrom(...undecided), when)
    .map(([[status, body], when]) => Fault.reply(status, body, { "content-type": "application/json" }, when)),
  fc.constant(Fault.redirect("https://elsewhere.test/"))
)

/**
 * A later nonce keeps out what has not arrived, and the last of the look-ups that must be empty comes two seconds after
 * the first with such a nonce. Kraken lists an order sooner than that.
 */
const lateness = fc.integer({ min: 1, max: 1900 })

const clockChange: fc.Arbitrary<ClockChange> = fc.record({
  at: fc.integer({ min: 0, max: 20_000 }),
  clock: fc.constantFrom("ours" as const, "Kraken's" as const),
  by: fc.constantFrom(-3_600_000, -90_000, -5000, 5000, 90_000, 120_000, 3_600_000)
})

const fault: fc.Arbitrary<Fault.Fault> = fc.oneof(
  { weight: 3, arbitrary: fc.constant({}) },
  { weight: 6, arbitrary: noAnswer },
  { weight: 2, arbitrary: millis.map(Fault.delayBefore) },
  { weight: 2, arbitrary: millis.map(Fault.delayAfter) },
  { weight: 2, arbitrary: fc.tuple(millis, noAnswer).map(([late, fault]) => Fault.straggling(late, fault)) },
  {
    weight: 2,
    arbitrary: fc.tuple(lateness, fc.oneof(noAnswer, fc.constant({}))).map(([n, fault]) => Fault.listedLate(n, fault))
  },
  { weight: 1, arbitrary: fc.constantFrom(-90_000, -10_000, 10_000, 90_000).map(Fault.wrongDate) },
  { weight: 1, arbitrary: fc.tuple(millis, noAnswer).map(([late, fault]) => ({ ...fault, arrivesAfter: late })) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      Fault.invalidNonce,
      Fault.unreachable,
      Fault.tooManyRequests,
      Fault.error("EAPI:Rate limit exceeded"),
      Fault.error("EOrder:Insufficient funds"),
      Fault.error("EGeneral:Permission denied")
    )
  }
)

/** Faults of a write. In one case of six its nonce is refused first, and in one of twelve the next one as well. */
const faults = fc
  .tuple(fc.array(fault, { minLength: 1, maxLength: 2 }), fc.constantFrom(0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 2))
  .map(([faults, refusals]) => [...Array.from({ length: refusals }, () => Fault.invalidNonce), ...faults])

type Call = Pick<Intent, "endpoint" | "params">

/** `tag` names the intent in the double's journal; Kraken ignores fields it does not know. */
const make = (n: number, endpoint: WriteEndpoint, params: Params): Call => ({
  endpoint,
  params: { tag: tagOf(n), ...params }
})

const tagOf = (n: number) => `intent ${n}`

const add = (n: number): fc.Arbitrary<Call> =>
  fc
    .constantFrom(
      { volume: `0.0${n + 1}` },
      { userref: 7 },
      { cl_ord_id: tagOf(n) },
      { ordertype: "market", userref: 8, price: undefined }
    )
    .map((more) => make(n, "private/AddOrder", { ...limit, ...more }))

const batch = (n: number): fc.Arbitrary<Call> =>
  fc.constantFrom(0, 7).map((userref) => {
    const order = { type: "buy", ordertype: "limit", price: "90000" }
    const orders = ["0.1", "0.2", "0.3"].map((volume) => ({ ...order, volume, ...(userref > 0 && { userref }) }))
    return make(n, "private/AddOrderBatch", { pair: "XBTUSD", orders })
  })

const price = fc.constantFrom("98000", "99000")

const named = (openOrderIds: OpenOrderIds) =>
  fc.constantFrom<Params>({ txid: openOrderIds.plain }, { txid: openOrderIds.named }, { cl_ord_id: "mine" })

const amend = (n: number, openOrderIds: OpenOrderIds): fc.Arbitrary<Call> =>
  fc
    .tuple(named(openOrderIds), price)
    .map(([order, limit_price]) => make(n, "private/AmendOrder", { ...order, limit_price }))

const edit = (n: number, openOrderIds: OpenOrderIds): fc.Arbitrary<Call> =>
  price.map((price) => make(n, "private/EditOrder", { pair: "XBTUSD", txid: openOrderIds.plain, price }))

const withdraw = (n: number, repeat = fc.boolean()): fc.Arbitrary<Call> =>
  repeat.map((repeat) => make(n, "private/Withdraw", { asset: "XBT", key: "btc-wallet-1", amount: "0.5", repeat }))

const write = (n: number, openOrderIds: OpenOrderIds): fc.Arbitrary<Call> =>
  fc.oneof(
    add(n),
    batch(n),
    amend(n, openOrderIds),
    edit(n, openOrderIds),
    named(openOrderIds).map((order) => make(n, "private/CancelOrder", order)),
    withdraw(n)
  )

const intent = (call: fc.Arbitrary<Call>, latest = 9000): fc.Arbitrary<Intent> =>
  fc
    .record({
      call,
      at: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: latest })),
      again: fc.option(fc.integer({ min: 0, max: 1900 }), { nil: undefined }),
      leavesAfter: fc.option(fc.integer({ min: 0, max: 15_000 }), { nil: undefined, freq: 4 }),
      faults
    })
    // A call with `repeat` is wanted each time.
    .map(({ again, call, ...rest }) => ({
      ...call,
      ...rest,
      again: call.params["repeat"] === true ? undefined : again
    }))

const lookAlike: fc.Arbitrary<LookAlike> = fc.record({
  of: fc.nat({ max: 2 }),
  at: fc.integer({ min: 0, max: 12_000 }),
  age: fc.option(fc.integer({ min: 5000, max: 100_000 }), { nil: undefined, freq: 1 }),
  listedAfter: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 10_000 }))
})

/** Makes scenarios of one to three writes. */
export const scenario = (openOrderIds: OpenOrderIds): fc.Arbitrary<Scenario> => {
  const intentOf = (n: number) => intent(write(n, openOrderIds))
  return around(
    fc.oneof(fc.tuple(intentOf(1)), fc.tuple(intentOf(1), intentOf(2)), fc.tuple(intentOf(1), intentOf(2), intentOf(3)))
  )
}

/** Makes scenarios around intents. */
const around = (intents: fc.Arbitrary<ReadonlyArray<Intent>>): fc.Arbitrary<Scenario> =>
  fc.record({
    lookAlikes: fc.oneof(fc.constant([]), fc.array(lookAlike, { maxLength: 3 })),
    clockChanges: fc.oneof(
      { weight: 3, arbitrary: fc.constant([]) },
      { weight: 1, arbitrary: fc.array(clockChange, { maxLength: 2 }) }
    ),
    dateOff: fc.constantFrom(0, 0, 0, 0, 0, 1500, 20_000, -90_000),
    intents,
    others: fc.oneof(fc.constant([]), fc.array(fault, { maxLength: 12 })),
    key: fc.constantFrom("full" as const, "full" as const, "full" as const, "windowed" as const, "blind" as const),
    skew: fc.constantFrom(0, 0, 700, -40_000, 30_000, 3_600_000, -3_600_000),
    warm: fc.boolean()
  })

/**
 * Scenarios of identical withdrawals in short order, the first without `repeat` and the second with it. A read of the
 * first often gets no answer and is made again, so that the second overtakes it, whose nonce is often refused.
 */
export const identicalWithdrawals: fc.Arbitrary<Scenario> = fc
  .record({
    scenario: around(
      fc.tuple(
        intent(withdraw(1, fc.constant(false)), 0),
        intent(withdraw(2, fc.constant(true)), 200),
        intent(withdraw(3), 1500)
      )
    ),
    lost: fc.array(fc.oneof(fc.constant(Fault.dropBefore), noAnswer), { maxLength: 1 }),
    refused: fc.constantFrom([], [Fault.invalidNonce, Fault.invalidNonce])
  })
  .map(({ lost, refused, scenario }) => ({
    ...scenario,
    intents: scenario.intents.map((intent) => ({ ...intent, faults: [...refused, ...intent.faults] })),
    others: [...lost, ...scenario.others]
  }))

/** Makes scenarios of one to three writes while a feed with faults is connected. */
export const withEvents = (openOrderIds: OpenOrderIds): fc.Arbitrary<Scenario> =>
  fc.tuple(scenario(openOrderIds), liveFaults).map(([scenario, live]) => ({ ...scenario, live }))

/**
 * Makes scenarios of one write that arrives late and is listed later still, while some look-ups get no answer. It is
 * listed at the last moment before it would be settled as not placed.
 */
export const lateWrite = (openOrderIds: OpenOrderIds): fc.Arbitrary<Scenario> =>
  fc
    .record({
      call: fc.oneof(add(1), batch(1), amend(1, openOrderIds), edit(1, openOrderIds)),
      // A read is sent up to three times, so three lost answers make one failed look-up.
      lost: fc.constantFrom(0, 3, 5, 6, 7),
      late: fc.oneof(
        // Placed before its deadline, by a clock that all answers show, and listed within 2.4 s of it.
        fc.record({ dateOff: fc.constant(0), arrives: fc.constant(0), listed: fc.integer({ min: 6500, max: 7400 }) }),
        // The engine applies the deadline later than any answer shows, so only the nonce keeps the write out.
        fc.record({
          dateOff: fc.constant(20_000),
          arrives: fc.oneof(fc.integer({ min: 1, max: 10_000 }), fc.integer({ min: 6000, max: 7000 })),
          listed: fc.integer({ min: 1000, max: 1900 })
        })
      )
    })
    .map(({ late: { arrives, dateOff, listed }, lost, call }) => ({
      intents: [
        {
          ...call,
          at: 0,
          again: undefined,
          leavesAfter: undefined,
          faults: [
            Fault.listedLate(listed, arrives === 0 ? Fault.dropAfter : Fault.straggling(arrives, Fault.dropAfter))
          ]
        }
      ],
      lookAlikes: [],
      clockChanges: [],
      others: Array.from({ length: lost }, () => Fault.dropBefore),
      key: "full",
      skew: 0,
      dateOff,
      warm: true
    }))
