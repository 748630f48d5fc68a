import { assert } from "@effect/vitest"
import { Duration } from "effect"
import type { Mandate } from "../../../src/domain/mandates/mandate.ts"
import * as D from "../../../src/domain/numbers/decimal.ts"
import { format } from "../../../src/exchange/base/fixed.ts"
import { left, type Order } from "../../../src/exchange/state/order.ts"
import type { World } from "../../doubles/LimitedAgent.ts"

/** The amounts that left the account by the agent's writes or still can, as the simulated Kraken has them. */
export interface Truth {
  /** US dollars that left in the last hour and the last 24 hours, or can leave by open orders. */
  readonly spent: { readonly hour: D.Decimal; readonly day: D.Decimal }
  /** The most dollars that a single buy took or can take. */
  readonly largest: D.Decimal
  /** The amounts that came in less those that left or can leave, by asset, without the capital. */
  readonly net: ReadonlyMap<string, D.Decimal>
}

/** The highest fee of the simulated Kraken, as a factor. */
const withFee = D.decimal("1.004")

/** Adds up what the writes of the agent did. All orders and withdrawals of the account are the agent's. */
export const truthOf = ({ rest }: World): Truth => {
  const { exchange } = rest
  const now = exchange.now
  const account = [...exchange.accounts.values()][0]
  if (account === undefined) throw new Error("the account is missing")
  const net = new Map<string, D.Decimal>()
  const add = (asset: string, amount: D.Decimal) => net.set(asset, D.sum(net.get(asset) ?? D.zero, amount))
  const spent = { hour: D.zero, day: D.zero }
  const count = (amount: D.Decimal, at: number) => {
    if (at > now - Duration.toMillis("1 hour")) spent.hour = D.sum(spent.hour, amount)
    if (at > now - Duration.toMillis("1 day")) spent.day = D.sum(spent.day, amount)
  }
  for (const { cost, fee, pair, side, time, volume } of account.trades) {
    const [paid, charged] = [cost, fee].map((units) => D.decimal(format(units, pair.costDecimals)))
    const base = D.decimal(format(volume, pair.lotDecimals))
    if (paid === undefined || charged === undefined) continue
    if (side === "buy") {
      add("USD", D.negate(D.sum(paid, charged)))
      add(pair.base.id, base)
      count(D.sum(paid, charged), time)
    } else {
      add("USD", D.subtract(paid, charged))
      add(pair.base.id, D.negate(base))
    }
  }
  for (const order of account.open.values()) {
    const rest = D.decimal(format(left(order), order.pair.lotDecimals))
    if (order.side === "sell") add(order.pair.base.id, D.negate(rest))
    else {
      const most = D.multiply(D.multiply(rest, limitOf(order)), withFee)
      add("USD", D.negate(most))
      count(most, now)
    }
  }
  for (const { amount, asset, fee, time } of account.withdrawals) {
    const units = D.decimal(format(amount + fee, 4))
    assert.strictEqual(asset, "ZUSD")
    add("USD", D.negate(units))
    count(units, time)
  }
  const buys = [...exchange.orders.values()].filter(({ side }) => side === "buy")
  const largest = buys.reduce((most, order) => D.max(most, takenBy(order)), D.zero)
  return { spent, largest, net }
}

const limitOf = ({ limit, pair }: Order): D.Decimal => {
  assert.isDefined(limit, "a buy without a limit price was sent")
  return D.decimal(format(limit ?? 0n, pair.priceDecimals))
}

/** Dollars that a buy took, and can take if it is open. */
const takenBy = (order: Order): D.Decimal => {
  const { cost, fee, pair, status } = order
  const taken = D.decimal(format(cost + fee, pair.costDecimals))
  if (status !== "open" && status !== "pending") return taken
  const rest = D.decimal(format(left(order), pair.lotDecimals))
  return D.sum(taken, D.multiply(D.multiply(rest, limitOf(order)), withFee))
}

/** Checks that nothing that happened or can happen is beyond the mandate. */
export const checkTruth = (truth: Truth, terms: Mandate): void => {
  const { capital, spending } = terms
  const within = (amount: D.Decimal, limit: string | undefined, name: string) => {
    if (limit !== undefined && limit !== "none")
      assert.isTrue(D.lessThanOrEqualTo(amount, D.decimal(limit)), `${name}: ${D.format(amount)} of ${limit}`)
  }
  within(truth.largest, spending.max.order, "a single order")
  within(truth.spent.hour, spending.max.hour, "the last hour")
  within(truth.spent.day, spending.max.day, "the last day")
  if (capital === undefined) return
  for (const [asset, amount] of truth.net) {
    const owned = D.sum(amount, D.decimal(asset === "USD" ? capital.amount : "0"))
    assert.isFalse(D.isNegative(owned), `${asset}: ${D.format(owned)} left of the capital`)
  }
}
