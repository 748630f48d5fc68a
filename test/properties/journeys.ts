import * as fc from "fast-check"
import * as Fault from "../fake/Faults.ts"
import type { Endpoint, Params } from "../../src/domain/endpoints.ts"
import { limit } from "../layers/WriterAccount.ts"

/** One write that somebody means once. */
export interface Intent {
  readonly endpoint: Endpoint
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

/** Some writes side by side, and the trouble they run into. */
export interface Journey {
  readonly intents: ReadonlyArray<Intent>
  /** What goes wrong with all other requests, one after the other. */
  readonly others: ReadonlyArray<Fault.Fault>
  readonly key: "full" | "windowed" | "blind"
  /** How far Kraken's clock is ahead, in milliseconds. */
  readonly skew: number
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

const noAnswer = fc.oneof(
  fc.constantFrom(Fault.dropBefore, Fault.dropAfter),
  when.map((when) => Fault.html(502, when)),
  when.map(Fault.garbage),
  fc.tuple(fc.constantFrom(...services), when).map(([code, when]) => Fault.error(code, when)),
  fc.constant(Fault.redirect("https://elsewhere.test/"))
)

const fault: fc.Arbitrary<Fault.Fault> = fc.oneof(
  { weight: 3, arbitrary: fc.constant({}) },
  { weight: 6, arbitrary: noAnswer },
  { weight: 2, arbitrary: millis.map(Fault.delayBefore) },
  { weight: 2, arbitrary: millis.map(Fault.delayAfter) },
  { weight: 2, arbitrary: fc.tuple(millis, noAnswer).map(([late, fault]) => Fault.straggling(late, fault)) },
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

/** `tag` names the intent in the double's journal; Kraken ignores fields it does not know. */
const write = (n: number, standing: Standing): fc.Arbitrary<Pick<Intent, "endpoint" | "params">> => {
  const tag = `intent ${n}`
  const make = (endpoint: Endpoint, params: Params) => ({ endpoint, params: { tag, ...params } })
  const add = (more: Params) => make("private/AddOrder", { ...limit, ...more })
  const change = fc.constantFrom({ txid: standing.plain }, { txid: standing.named }, { cl_ord_id: "mine" })
  const price = fc.constantFrom("98000", "99000")
  return fc.oneof(
    fc.constantFrom(
      add({ volume: `0.0${n + 1}` }),
      add({ userref: 7 }),
      add({ cl_ord_id: tag }),
      add({ ordertype: "market", userref: 8, price: undefined })
    ),
    fc.constantFrom(0, 7).map((userref) => {
      const order = { type: "buy", ordertype: "limit", price: "90000" }
      const orders = ["0.1", "0.2", "0.3"].map((volume) => ({ ...order, volume, ...(userref > 0 && { userref }) }))
      return make("private/AddOrderBatch", { pair: "XBTUSD", orders })
    }),
    fc.tuple(change, price).map(([order, limit_price]) => make("private/AmendOrder", { ...order, limit_price })),
    price.map((price) => make("private/EditOrder", { pair: "XBTUSD", txid: standing.plain, price })),
    change.map((order) => make("private/CancelOrder", order)),
    fc.boolean().map((repeat) => make("private/Withdraw", { asset: "XBT", key: "btc-wallet-1", amount: "0.5", repeat }))
  )
}

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

export const journey = (standing: Standing): fc.Arbitrary<Journey> =>
  fc.record({
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
