import { assert } from "@effect/vitest"
import { restingOrders } from "../../src/exchange/engine/book.ts"
import { allocationOf, earnBalance, strategies } from "../../src/exchange/accounts/strategies.ts"
import { depth } from "../../src/exchange/engine/liquidity.ts"
import { isTrading } from "../../src/exchange/engine/mode.ts"
import type { Side } from "../../src/exchange/state/order.ts"
import type { Exchange, PairState } from "../../src/exchange/state/state.ts"

/** Asserts that accounts, futures wallets, fees and the world outside add up to zero, asset by asset. */
export const assertValueConserved = (exchange: Exchange): void => {
  const sums = new Map<string, bigint>()
  const count = (amounts: Map<string, bigint>) => {
    for (const [name, amount] of amounts) {
      const asset = name.replace(/\.[A-Z]$/, "")
      sums.set(asset, (sums.get(asset) ?? 0n) + amount)
    }
  }
  for (const account of exchange.accounts.values()) [account.balances, account.futures].forEach(count)
  ;[exchange.fees, exchange.outside].forEach(count)
  for (const [asset, sum] of sums) assert.strictEqual(sum, 0n, `${asset} is ${sum} out of balance`)
}

/** Asserts that no balance is negative, and that holds are those of open orders. */
export const assertBalancesCoverHolds = (exchange: Exchange): void => {
  for (const account of exchange.accounts.values()) {
    const held = new Map<string, bigint>()
    for (const { hold } of account.open.values()) {
      if (hold !== undefined) held.set(hold.asset, (held.get(hold.asset) ?? 0n) + hold.amount)
    }
    for (const [asset, amount] of account.holds) assert.strictEqual(amount, held.get(asset) ?? 0n, `hold of ${asset}`)
    for (const [asset, amount] of account.balances) {
      assert.isTrue(amount >= (held.get(asset) ?? 0n), `${asset}: ${amount} for ${held.get(asset)} held`)
    }
  }
}

/** Asserts that the best bid is below the best ask, on every pair that trades now. */
export const assertNotCrossed = (exchange: Exchange): void => {
  for (const state of exchange.pairStates.values()) {
    if (!isTrading(exchange, state)) continue
    const [bid] = depth(exchange, state, "bid", 1)
    const [ask] = depth(exchange, state, "ask", 1)
    if (bid !== undefined && ask !== undefined) assert.isTrue(bid.price < ask.price, `${state.pair.id} is crossed`)
  }
}

/** Asserts that an order's executed volume is the sum of its trades and at most its volume. */
export const assertFillsAddUp = (exchange: Exchange): void => {
  for (const order of exchange.orders.values()) {
    const trades = order.trades.map((id) => exchange.accounts.get(order.account)!.trades.get(id)!)
    const sum = (of: "volume" | "cost" | "fee") => trades.reduce((total, trade) => total + trade[of], 0n)
    assert.deepStrictEqual([sum("volume"), sum("cost"), sum("fee")], [order.executed, order.cost, order.fee])
    if (order.spend === undefined) assert.isTrue(order.executed <= order.volume)
    else assert.isTrue(order.spent <= order.spend)
    if (order.status === "closed" && order.spend === undefined) assert.strictEqual(order.executed, order.volume)
  }
}

/** Checks if an account of this exchange was on the other side of a trade, rather than the market. */
export const hasCounterparty = (
  exchange: Exchange,
  { id, number }: { readonly id: string; readonly number: number }
): boolean =>
  [...exchange.accounts.values()].some(({ trades }) =>
    [...trades].some((trade) => trade.number === number && trade.id !== id)
  )

/** Lists resting orders in the order of their queues, to compare with the trades of the next step. */
export const queues = (exchange: Exchange) =>
  [...exchange.pairStates.values()].flatMap((state) =>
    (["buy", "sell"] as const).map((side: Side) =>
      [...restingOrders(state, side)].map((order) => ({ order, trades: order.trades.length }))
    )
  )

/**
 * Asserts that if a resting order has traded, every order ahead of it is gone. Exempt are an iceberg, which can have
 * queued again, an order that was amended, and one that is not older than the traded one.
 */
export const assertPriorityKept = (exchange: Exchange, before: ReturnType<typeof queues>, traded = Infinity): void => {
  for (const line of before) {
    const lastFilled = line.findLastIndex(({ order, trades }) => {
      const made = exchange.accounts.get(order.account)!.trades
      return order.trades.slice(trades).some((id) => made.get(id)!.maker)
    })
    for (const { order } of line.slice(0, Math.max(0, lastFilled))) {
      const waits = order.status === "open" && order.display === undefined && order.amends === undefined
      assert.isFalse(waits && order.touched < traded, `${order.txid} was passed over`)
    }
  }
}

/** Asserts that books are sorted by price, then by time. */
export const assertSorted = (exchange: Exchange): void => {
  for (const state of exchange.pairStates.values()) {
    for (const side of ["buy", "sell"] as const) {
      const line = [...restingOrders(state, side)]
      line.slice(1).forEach((order, i) => {
        const ahead = line[i]!
        const worse = side === "buy" ? order.limit! < ahead.limit! : order.limit! > ahead.limit!
        assert.isTrue(worse || (order.limit === ahead.limit && order.priority > ahead.priority))
      })
    }
  }
}

/** Asserts that every balance is the sum of its ledger entries, each with the correct balance after it. */
export const assertLedgersAddUp = (exchange: Exchange): void => {
  for (const account of exchange.accounts.values()) {
    const sums = new Map<string, bigint>()
    for (const { amount, asset, balance, fee } of account.ledger) {
      sums.set(asset, (sums.get(asset) ?? 0n) + amount - fee)
      assert.strictEqual(balance, sums.get(asset))
    }
    assert.deepStrictEqual(account.balances, sums)
  }
}

/**
 * Asserts that the ledger has an arrived deposit once, a withdrawal once, and a returned withdrawal once more with the
 * opposite sign, and that the balance of an Earn strategy is the sum of its allocations in any state.
 */
export const assertTransfersAddUp = (exchange: Exchange): void => {
  for (const account of exchange.accounts.values()) {
    const moved = (refid: string) =>
      [...account.ledger].flatMap((entry) => (entry.refid === refid ? [entry.amount - entry.fee] : []))
    for (const { amount, creditedAt, failedAt, refid } of account.deposits) {
      assert.deepStrictEqual(moved(refid), creditedAt <= exchange.now && failedAt === undefined ? [amount] : [])
    }
    for (const { amount, fee, refid, returned } of account.withdrawals) {
      const out = -amount - fee
      assert.deepStrictEqual(moved(refid), returned === undefined ? [out] : [out, -out])
    }
    for (const strategy of strategies) {
      const { allocated, pending, rewarded, unbonding } = allocationOf(account, strategy)
      const rewards = [...account.ledger].filter(
        ({ asset, type }) => type === "staking" && asset === earnBalance(strategy.asset)
      )
      assert.strictEqual(
        rewards.reduce((sum, { amount }) => sum + amount, 0n),
        rewarded
      )
      const all = unbonding.reduce((sum, { amount }) => sum + amount, allocated + (pending?.amount ?? 0n))
      assert.strictEqual(account.balances.get(earnBalance(strategy.asset)) ?? 0n, all, strategy.id)
      assert.isTrue(allocated >= 0n && rewarded >= 0n)
    }
    for (const [asset, amount] of account.futures) assert.isTrue(amount >= 0n, `futures: ${asset}`)
  }
  for (const [asset, amount] of exchange.fees) assert.isTrue(amount >= 0n, `fees in ${asset}`)
}

/** Counts the trades on halted pairs, to compare with the count after the next step. */
export const tradesOnHaltedPairs = (exchange: Exchange) =>
  [...exchange.pairStates.values()].flatMap((state) =>
    isTrading(exchange, state) ? [] : [{ state, trades: tradesOn(exchange, state) }]
  )

/** Asserts that halted pairs had no trade since the last count. */
export const assertNothingTraded = (exchange: Exchange, before: ReturnType<typeof tradesOnHaltedPairs>): void => {
  for (const { trades, state } of before)
    if (!isTrading(exchange, state)) assert.strictEqual(tradesOn(exchange, state), trades)
}

const tradesOn = (exchange: Exchange, { pair }: PairState): number =>
  [...exchange.accounts.values()].reduce(
    (sum, { trades }) => sum + [...trades].filter((trade) => trade.pair === pair).length,
    0
  )
