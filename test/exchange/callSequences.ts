import * as fc from "fast-check"
import { fixed, format } from "../../src/exchange/base/fixed.ts"
import { handle, mustJournal, replay } from "../../src/exchange/commands/handle.ts"
import type { Request } from "../../src/exchange/wire/request.ts"
import { available } from "../../src/exchange/accounts/ledger.ts"
import type { Account } from "../../src/exchange/state/account.ts"
import { type Exchange, makeExchange } from "../../src/exchange/state/state.ts"
import { syntheticMarket } from "../../src/exchange/markets/synthetic/syntheticMarket.ts"
import { opening, scripted } from "../doubles/TestMarket.ts"
import { type FundingStep, fundingStep, fundingRequest } from "./fundingSteps.ts"

const names = ["ann", "bob", "eve"]
const pairs = ["XBTUSD", "ETHXBT", "XDGUSD"]
const volumes: Record<string, ReadonlyArray<string>> = {
  XBTUSD: ["0.0001", "0.01234567", "0.1", "0.5", "1.7"],
  ETHXBT: ["0.001", "0.12345678", "1", "8"],
  XDGUSD: ["50", "1234.56789012", "20000", "300000"]
}
const balances = { USD: "200000.0007", XBT: "2", ETH: "12", XDG: "400000", DOT: "50" }

/** One call of a sequence, some time after the one before. Choices are numbers, so that sequences shrink well. */
export interface Step {
  readonly wait: number
  readonly who: number
  readonly kind: number
  readonly pick: number
  readonly pair: number
  readonly order: Record<string, unknown>
  readonly funding: FundingStep
}

const distances = ["-0.2%", "-0.05%", "-0.01%", "+0.01%", "+0.05%", "+0.2%", "-1%", "+1%"]
const near = fc.constantFrom(...distances)
/** Prices of the scripted market: few, and inside the market's spread, so that traders match and queue. */
const fewPrices = ["49995.3", "49995.3", "50000", "50000", "50000", "50000", "50004.7", "50010"]
const seldom = <A>(arbitrary: fc.Arbitrary<A>) =>
  fc.oneof({ weight: 7, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary })
const orders = fc.record({
  type: fc.constantFrom("buy", "sell"),
  ordertype: fc.oneof(
    { weight: 3, arbitrary: fc.constant("limit") },
    {
      weight: 2,
      arbitrary: fc.constantFrom(
        "market",
        "iceberg",
        "stop-loss",
        "take-profit",
        "stop-loss-limit",
        "take-profit-limit",
        "trailing-stop",
        "trailing-stop-limit"
      )
    }
  ),
  price: near,
  price2: seldom(near),
  size: fc.nat(4),
  oflags: seldom(fc.constantFrom("post", "fcib", "fciq", "viqc")),
  timeinforce: seldom(fc.constantFrom("IOC", "FOK", "GTD")),
  trigger: seldom(fc.constant("index")),
  stptype: fc.constantFrom("cancel-newest", "cancel-oldest", "cancel-both"),
  starttm: seldom(fc.constant("+3")),
  expiretm: seldom(fc.constant("+30")),
  userref: seldom(fc.nat(2)),
  close: seldom(
    fc.record({ ordertype: fc.constantFrom("limit", "stop-loss", "trailing-stop"), price: fc.constant("+0.3%") })
  )
})

const sequencesOf = (kind: fc.Arbitrary<number>, rare: ReadonlyArray<number>): fc.Arbitrary<ReadonlyArray<Step>> =>
  fc.array(
    fc.record({
      wait: fc.oneof(
        { weight: 80, arbitrary: fc.constantFrom(0, 0, 200, 1000, 7000, 60_000) },
        { weight: rare.length, arbitrary: fc.constantFrom(...rare) }
      ),
      who: fc.nat(2),
      kind,
      pick: fc.nat(9),
      pair: fc.nat(2),
      order: orders,
      funding: fundingStep
    }),
    { minLength: 6, maxLength: 24 }
  )

const [hour, day] = [3_600_000, 86_400_000]
/** Waits in milliseconds after which pending transfers are done. */
const shortWaits = [12_000, 12_000, 40_000, 200_000, 200_000, 200_000]

/** Sequences of up to twenty-four calls by three traders on three pairs, over seconds to days. */
export const sequences = sequencesOf(fc.nat(20), [hour, day])

/** Sequences of the same traders with few orders, many deposits, withdrawals and transfers, and waits for their arrival. */
export const fundingSequences = sequencesOf(
  fc.oneof({ weight: 4, arbitrary: fc.constantFrom(17, 18) }, { weight: 1, arbitrary: fc.nat(20) }),
  [...shortWaits, ...shortWaits, ...shortWaits, ...shortWaits, day, 7 * day, 28 * day]
)

/**
 * Carries out a sequence, with a check of the state before and after every step. Returns the entries that a journal
 * would keep. `seen` gives the observation of the market that comes before a step.
 */
export const runSequence = (
  exchange: Exchange,
  sequence: ReadonlyArray<Step>,
  checks: { readonly before: () => () => void } = { before: () => () => {} },
  seen: (step: number, now: number) => object | undefined = () => undefined
): ReadonlyArray<Request> => {
  const journal: Array<Request> = []
  let now = opening
  const call = (request: Omit<Request, "now">) => {
    const after = checks.before()
    const answer = handle(exchange, { ...request, now })
    if (mustJournal(request, answer)) journal.push({ ...request, now })
    after()
  }
  for (const name of names) call({ endpoint: "control/OpenAccount", params: { name, balances } })
  for (const [i, step] of sequence.entries()) {
    now += step.wait
    const params = seen(i, now)
    if (params !== undefined) call({ endpoint: "control/Observe", params: { ...params } })
    call({ account: names[step.who]!, ...requestOf(exchange, step) })
  }
  return journal
}

/** Replays a journal on a new exchange, up to the time that the first one has reached. */
export const replayJournal = (journal: ReadonlyArray<Request>, exchange: Exchange, now: number): Exchange => {
  for (const request of journal) replay(exchange, request)
  replay(exchange, { endpoint: "public/Time", now })
  return exchange
}

/**
 * Makes an exchange: for even seeds on a synthetic market, for odd ones the scripted market with one pair and few prices.
 */
export const exchangeOf = (seed: number): Exchange =>
  makeExchange(seed % 2 === 0 ? syntheticMarket(seed) : scripted(moves), opening, { tier: "pro" })

const moves = Array.from({ length: 40 }, (_, i) => [i * 6, i % 5 === 4 ? "49985" : "50000"] as const)

const requestOf = (
  exchange: Exchange,
  step: Step
): { readonly endpoint: string; readonly params?: Record<string, unknown> } => {
  const isScripted = !exchange.market.name.startsWith("synthetic")
  const pair = isScripted ? "XBTUSD" : pairs[step.pair]!
  const account = [...exchange.accounts.values()].find(({ name }) => name === names[step.who])!
  const open = [...account.open.values()]
  const own = open[step.pick % Math.max(1, open.length)]
  const order = isScripted ? atFewPrices(account, orderOf(step, pair)) : orderOf(step, pair)
  // A halted pair resumes soon.
  if (exchange.status !== "online" && step.pick < 5)
    return { endpoint: "control/SystemStatus", params: { status: "online" } }
  const halted = [...exchange.pairStates.values()].find(({ pair, status }) => status !== pair.status)
  if (halted !== undefined && step.pick < 2)
    return { endpoint: "control/PairStatus", params: { pair: halted.pair.id, status: halted.pair.status } }
  if (step.kind < 10) return { endpoint: "private/AddOrder", params: { pair, ...order } }
  switch (step.kind) {
    case 10:
      return { endpoint: "private/AddOrderBatch", params: { pair, orders: [order, { ...order, type: "sell" }] } }
    case 11:
      return { endpoint: "private/CancelOrder", params: { txid: own?.txid ?? "1" } }
    case 12:
      return { endpoint: "private/CancelAll" }
    case 13:
      return { endpoint: "private/CancelAllOrdersAfter", params: { timeout: step.pick } }
    case 14:
      return { endpoint: "private/AmendOrder", params: { txid: own?.txid, order_qty: order["volume"] } }
    case 15:
      return { endpoint: "private/AmendOrder", params: { txid: own?.txid, limit_price: step.order["price"] } }
    case 16: {
      const params = {
        txid: own?.txid,
        pair: own?.pair.id ?? pair,
        price: step.order["price"],
        volume: order["volume"]
      }
      return { endpoint: "private/EditOrder", params }
    }
    case 17:
    case 18:
      return fundingRequest(exchange, account, step.funding)
    case 19:
      return step.pick % 2 === 0
        ? { endpoint: "control/SystemStatus", params: { status: halts[step.pair] } }
        : { endpoint: "control/PairStatus", params: { pair, status: statuses[step.pick % 5] } }
    default:
      return { endpoint: step.pick % 2 === 0 ? "public/Depth" : "private/OpenOrders", params: { pair } }
  }
}

const halts = ["maintenance", "cancel_only", "post_only"]
const statuses = ["online", "cancel_only", "post_only", "limit_only", "reduce_only"]

/** Moves an order to one of the few prices. The largest size becomes all that the trader can pay, to the last unit. */
const atFewPrices = (account: Account, order: Record<string, unknown>): Record<string, unknown> => {
  if (!["limit", "iceberg", "market"].includes(String(order["ordertype"]))) return order
  const price = fewPrices[distances.indexOf(String(order["price"]))]!
  if (order["volume"] !== "1.7" || order["ordertype"] !== "limit") return { ...order, price }
  const cents = fixed(price, 1)
  const most =
    order["type"] === "sell"
      ? available(account, "XXBT") / 100n
      : (available(account, "ZUSD") * 100_000n * 1_000_000n) / (cents * 1_004_000n)
  return { ...order, price, volume: format(most, 8) }
}

const orderOf = (step: Step, pair: string): Record<string, unknown> => {
  const { size, ...order } = step.order
  const sizes = volumes[pair]!
  const volume = sizes[Number(size) % sizes.length]!
  const ordertype = String(order["ordertype"])
  const distance = String(order["price"]).slice(1)
  return {
    ...order,
    volume,
    price: ordertype.startsWith("trailing")
      ? `+${distance}`
      : ordertype.includes("-")
        ? `#${distance}`
        : order["price"],
    price2: ordertype.startsWith("trailing") ? `-${distance}` : (order["price2"] ?? "#0.1%"),
    ...(ordertype === "iceberg" && { displayvol: String((Number(volume) / 5).toFixed(8)) })
  }
}
