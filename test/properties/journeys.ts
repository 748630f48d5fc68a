import * as fc from "fast-check"
import * as Fault from "../doubles/fake/Faults.ts"
import type { Params, WriteEndpoint } from "../../src/domain/endpoints/endpoints.ts"
import { limit } from "../doubles/WriterAccount.ts"

/** One write that somebody means once. */
export interface Intent {
  readonly endpoint: WriteEndpoint
  readonly params: Params
  /** Milliseconds after the journey has begun. */
  readonly at: number
  /** When the same call is dispatched a second time, in milliseconds after the first. */
  readonly again: number | undefined
  /** When the caller goes away, in milliseconds. */
  readonly gone: number | undefined
  /** What goes wrong with the requests of this write, one after the other. */
  readonly faults: ReadonlyArray<Fault.Fault>
}

/** What another program does to the same account, so that it looks much like an intent; it always differs somewhere. */
export interface LookAlike {
  /** Which intent it looks like, counted from 0. */
  readonly of: number
  /** Milliseconds after the journey has begun, at the earliest moment at which it is listed. */
  readonly at: number
  /** How much older than all intents it is, in milliseconds, if it shares the terms; if none, its terms differ. */
  readonly age: number | undefined
  /** It is listed only so much later, in milliseconds. */
  readonly listedAfter: number
}

/** A clock that is set, by so many milliseconds. */
export interface Jump {
  readonly at: number
  readonly whose: "ours" | "theirs"
  readonly by: number
}

/** Some writes side by side, and the trouble they run into. */
export interface Journey {
  readonly intents: ReadonlyArray<Intent>
  readonly lookAlikes: ReadonlyArray<LookAlike>
  readonly jumps: ReadonlyArray<Jump>
  /** What goes wrong with all other requests, one after the other. */
  readonly others: ReadonlyArray<Fault.Fault>
  readonly key: "full" | "windowed" | "blind"
  /** How far Kraken's clock is ahead, in milliseconds. */
  readonly skew: number
  /** How far the `Date` of all its answers is ahead of the clock that its engine goes by, in milliseconds. */
  readonly dateOff: number
  /** The key has been asked about before, so that Kraken's clock is known. */
  readonly warm: boolean
}

/** An id of an order that is there before the journey begins: the first has no `cl_ord_id`, the second is `mine`. */
export interface Standing {
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

/** Answers that tell nothing of a write, whatever they look like. */
const untelling = [
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
    .tuple(fc.constantFrom(...untelling), when)
    .map(([[status, body], when]) => Fault.reply(status, body, { "content-type": "application/json" }, when)),
  fc.constant(Fault.redirect("https://elsewhere.test/"))
)

/**
 * A later nonce keeps out what has not arrived, and the last of the look-ups that must be empty comes two seconds after
 * the first with such a nonce. Kraken lists an order sooner than that.
 */
const lateness = fc.integer({ min: 1, max: 1900 })

const jump: fc.Arbitrary<Jump> = fc.record({
  at: fc.integer({ min: 0, max: 20_000 }),
  whose: fc.constantFrom("ours" as const, "theirs" as const),
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

/** Faults for a write; once more often than not its nonce is refused first. */
const faults = fc
  .tuple(fc.array(fault, { minLength: 1, maxLength: 2 }), fc.integer({ min: 0, max: 5 }))
  .map(([faults, chance]) => (chance === 0 ? [Fault.invalidNonce, ...faults] : faults))

type What = Pick<Intent, "endpoint" | "params">

/** `tag` names the intent in the double's journal; Kraken ignores fields it does not know. */
const make = (n: number, endpoint: WriteEndpoint, params: Params): What => ({
  endpoint,
  params: { tag: tagOf(n), ...params }
})

const tagOf = (n: number) => `intent ${n}`

const add = (n: number): fc.Arbitrary<What> =>
  fc
    .constantFrom(
      { volume: `0.0${n + 1}` },
      { userref: 7 },
      { cl_ord_id: tagOf(n) },
      { ordertype: "market", userref: 8, price: undefined }
    )
    .map((more) => make(n, "private/AddOrder", { ...limit, ...more }))

const batch = (n: number): fc.Arbitrary<What> =>
  fc.constantFrom(0, 7).map((userref) => {
    const order = { type: "buy", ordertype: "limit", price: "90000" }
    const orders = ["0.1", "0.2", "0.3"].map((volume) => ({ ...order, volume, ...(userref > 0 && { userref }) }))
    return make(n, "private/AddOrderBatch", { pair: "XBTUSD", orders })
  })

const price = fc.constantFrom("98000", "99000")

const named = (standing: Standing) =>
  fc.constantFrom<Params>({ txid: standing.plain }, { txid: standing.named }, { cl_ord_id: "mine" })

const amend = (n: number, standing: Standing): fc.Arbitrary<What> =>
  fc
    .tuple(named(standing), price)
    .map(([order, limit_price]) => make(n, "private/AmendOrder", { ...order, limit_price }))

const edit = (n: number, standing: Standing): fc.Arbitrary<What> =>
  price.map((price) => make(n, "private/EditOrder", { pair: "XBTUSD", txid: standing.plain, price }))

const write = (n: number, standing: Standing): fc.Arbitrary<What> =>
  fc.oneof(
    add(n),
    batch(n),
    amend(n, standing),
    edit(n, standing),
    named(standing).map((order) => make(n, "private/CancelOrder", order)),
    fc
      .boolean()
      .map((repeat) => make(n, "private/Withdraw", { asset: "XBT", key: "btc-wallet-1", amount: "0.5", repeat }))
  )

const intent = (n: number, standing: Standing): fc.Arbitrary<Intent> =>
  fc
    .record({
      what: write(n, standing),
      at: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 9000 })),
      again: fc.option(fc.integer({ min: 0, max: 1900 }), { nil: undefined }),
      gone: fc.option(fc.integer({ min: 0, max: 15_000 }), { nil: undefined, freq: 4 }),
      faults
    })
    // A call that says that it is meant once more is meant each time.
    .map(({ again, what, ...rest }) => ({
      ...what,
      ...rest,
      again: what.params["repeat"] === true ? undefined : again
    }))

const lookAlike: fc.Arbitrary<LookAlike> = fc.record({
  of: fc.nat({ max: 2 }),
  at: fc.integer({ min: 0, max: 12_000 }),
  age: fc.option(fc.integer({ min: 5000, max: 100_000 }), { nil: undefined, freq: 1 }),
  listedAfter: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 10_000 }))
})

export const journey = (standing: Standing): fc.Arbitrary<Journey> =>
  fc.record({
    lookAlikes: fc.oneof(fc.constant([]), fc.array(lookAlike, { maxLength: 3 })),
    jumps: fc.oneof(
      { weight: 3, arbitrary: fc.constant([]) },
      { weight: 1, arbitrary: fc.array(jump, { maxLength: 2 }) }
    ),
    dateOff: fc.constantFrom(0, 0, 0, 0, 1500, 20_000),
    intents: fc.oneof(
      fc.tuple(intent(1, standing)),
      fc.tuple(intent(1, standing), intent(2, standing)),
      fc.tuple(intent(1, standing), intent(2, standing), intent(3, standing))
    ),
    others: fc.oneof(fc.constant([]), fc.array(fault, { maxLength: 12 })),
    key: fc.constantFrom("full" as const, "full" as const, "full" as const, "windowed" as const, "blind" as const),
    skew: fc.constantFrom(0, 0, 700, -40_000, 30_000, 3_600_000, -3_600_000),
    warm: fc.boolean()
  })

/**
 * One write that arrives late, and is listed later still, while some look-ups get no answer: the last moment at which it
 * can be seen before it would be called not placed.
 */
export const latecomer = (standing: Standing): fc.Arbitrary<Journey> =>
  fc
    .record({
      what: fc.oneof(add(1), batch(1), amend(1, standing), edit(1, standing)),
      // A look-up is tried three times before the next one is due.
      lost: fc.constantFrom(0, 3, 5, 6, 7),
      late: fc.oneof(
        // By its deadline on a clock that every answer shows, listed within 2.4 s of it.
        fc.record({ dateOff: fc.constant(0), arrives: fc.constant(0), listed: fc.integer({ min: 6500, max: 7400 }) }),
        // By a deadline that comes later than any answer shows: only the nonce keeps it out.
        fc.record({
          dateOff: fc.constant(20_000),
          arrives: fc.oneof(fc.integer({ min: 1, max: 10_000 }), fc.integer({ min: 6000, max: 7000 })),
          listed: fc.integer({ min: 1000, max: 1900 })
        })
      )
    })
    .map(({ late: { arrives, dateOff, listed }, lost, what }) => ({
      intents: [
        {
          ...what,
          at: 0,
          again: undefined,
          gone: undefined,
          faults: [
            Fault.listedLate(listed, arrives === 0 ? Fault.dropAfter : Fault.straggling(arrives, Fault.dropAfter))
          ]
        }
      ],
      lookAlikes: [],
      jumps: [],
      others: Array.from({ length: lost }, () => Fault.dropBefore),
      key: "full",
      skew: 0,
      dateOff,
      warm: true
    }))
