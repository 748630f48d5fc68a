import type { Directory, Pair } from "../assets/model.ts"
import { assetName } from "../mandates/conversion.ts"
import * as D from "../numbers/decimal.ts"
import { leastCost } from "../orders/pairSteps.ts"
import { amount as amountOf } from "../orders/fieldRules.ts"
import type { Holding } from "./valuation.ts"

/** The best prices of a pair's book. */
export interface Quote {
  readonly bid: D.Decimal
  readonly ask: D.Decimal
}

/** A wish for shares, and the facts on which a plan is made. */
export interface Wish {
  /** Shares in percent by display name. The quote asset is not among them: it has the rest. */
  readonly targets: ReadonlyMap<string, D.Decimal>
  /** The asset in which all trades are paid. */
  readonly quote: string
  /** Decimals of the quote asset. */
  readonly places: number
  /** Trades of a lower value are left out. */
  readonly least: D.Decimal
  /** Holdings as they are once the orders are cancelled that hold a part of them. */
  readonly holdings: ReadonlyMap<string, Pick<Holding, "amount" | "earning">>
  readonly quoteOf: (pair: Pair) => Quote | undefined
  /** The taker fee of a pair in percent. */
  readonly feeOf: (pair: Pair) => D.Decimal
  readonly directory: Directory
}

/** An order with the arguments of `add_order`. */
export interface PlannedOrder {
  readonly pair: string
  readonly type: "buy" | "sell"
  readonly ordertype: "limit"
  readonly price: string
  readonly volume: string
}

/** The shares of an asset, in percent. */
export interface Share {
  readonly asset: string
  readonly before: string
  readonly target: string
  readonly after: string
}

/** A trade that the plan leaves out, or makes smaller. */
export interface Limited {
  readonly asset: string
  readonly reason:
    | "no pair"
    | "no price"
    | "below least trade"
    | "below minimum of pair"
    | "earning"
    | "not enough funds"
}

export interface Plan {
  /** The value of the named assets and the quote asset, valued between bid and ask. */
  readonly total: D.Decimal
  /** Sales first, since they pay for the purchases. */
  readonly orders: ReadonlyArray<PlannedOrder>
  /** The fees of all orders in the quote asset, at most. */
  readonly fees: D.Decimal
  readonly shares: ReadonlyArray<Share>
  readonly limited: ReadonlyArray<Limited>
}

/** The market of an asset against the quote asset. `inverse`: the quote asset is the pair's base. */
interface Market {
  readonly asset: string
  readonly pair: Pair
  readonly inverse: boolean
  readonly best: Quote
  /** The fee as a part of the cost. */
  readonly fee: D.Decimal
  /** The value of one unit in the quote asset. */
  readonly middle: D.Decimal
}

/** An order, and what it does to the amounts of the asset and of the quote asset. */
interface Trade {
  readonly order: PlannedOrder
  readonly asset: D.Decimal
  readonly quote: D.Decimal
  /** The fee in the quote asset. */
  readonly fee: D.Decimal
}

const hundred = D.decimal("100")
const half = D.decimal("0.5")
const one = D.decimal("1")

/** Decimals to which the inverse of a price is rounded. */
const inversePlaces = 18

/** Finds the pair of an asset with the quote asset, in any direction. */
export const marketPair = (asset: string, quote: string, directory: Directory) => {
  const found = (base: string, other: string) => {
    const pair = directory.findPair(`${base}/${other}`)
    return pair !== undefined && assetName(directory, pair.base) === base && assetName(directory, pair.quote) === other
      ? pair
      : undefined
  }
  const direct = found(asset, quote)
  if (direct !== undefined) return { pair: direct, inverse: false }
  const inverse = found(quote, asset)
  return inverse && { pair: inverse, inverse: true }
}

/**
 * Plans the trades that lead to the wished shares of all named assets and the quote asset together. Other assets are not
 * touched. Each order is a limit order at the best price of the other side, with the fee of a taker. Volumes are rounded
 * down to the decimals of the pair; purchases are made smaller if the sales do not pay for them.
 */
export const planOf = (wish: Wish): Plan => {
  const { directory, holdings, least, places, quote, targets } = wish
  const limited: Array<Limited> = []
  const limit = (asset: string, reason: Limited["reason"]) => void limited.push({ asset, reason })
  const held = (asset: string) => holdings.get(asset)?.amount ?? D.zero

  const markets = [...targets.keys()].flatMap((asset): ReadonlyArray<Market> => {
    const found = marketPair(asset, quote, directory)
    const best = found && wish.quoteOf(found.pair)
    if (found === undefined || found.pair.status !== "online") limit(asset, "no pair")
    else if (best === undefined) limit(asset, "no price")
    else {
      const middle = D.multiply(D.sum(best.bid, best.ask), half)
      const fee = D.divideHalf(wish.feeOf(found.pair), hundred, inversePlaces)
      return [{ ...found, asset, best, fee, middle: found.inverse ? D.divideHalf(one, middle, inversePlaces) : middle }]
    }
    return []
  })

  const valueOf = (after: (asset: string) => D.Decimal) =>
    new Map([
      ...markets.map(({ asset, middle }) => [asset, D.roundHalf(D.multiply(after(asset), middle), places)] as const),
      [quote, after(quote)] as const
    ])
  const before = valueOf(held)
  const total = D.total(before.values())

  /** The value by which an asset has to change. */
  const changes = markets.map((market) => {
    const wanted = D.divideHalf(D.multiply(total, targets.get(market.asset) ?? D.zero), hundred, places)
    return { market, change: D.subtract(wanted, before.get(market.asset) ?? D.zero) }
  })

  /** Accepts a trade if the pair and the caller's least trade allow it. */
  const accept = (market: Market, trade: Trade): ReadonlyArray<Trade> => {
    const { pair } = market
    const price = D.decimal(trade.order.price)
    const volume = D.decimal(trade.order.volume)
    const ordermin = amountOf(pair.ordermin) ?? D.zero
    const smallest = D.max(ordermin, leastCost(amountOf(pair.costmin) ?? D.zero, price, pair))
    if (D.isZero(volume) || D.lessThan(volume, smallest)) limit(market.asset, "below minimum of pair")
    else if (D.lessThan(D.abs(trade.quote), least)) limit(market.asset, "below least trade")
    else return [trade]
    return []
  }

  const sales = changes.flatMap(({ change, market }) => {
    if (!D.isNegative(change)) return []
    const spot = D.subtract(held(market.asset), holdings.get(market.asset)?.earning ?? D.zero)
    const wanted = D.divideHalf(D.negate(change), market.middle, inversePlaces)
    if (D.greaterThan(wanted, spot)) limit(market.asset, "earning")
    if (!D.isPositive(spot)) return []
    return accept(market, saleOf(market, D.min(wanted, spot))).map((trade) => ({ market, trade }))
  })
  const spare = D.subtract(held(quote), holdings.get(quote)?.earning ?? D.zero)
  const funds = D.sum(spare, D.total(sales.map(({ trade }) => trade.quote)))
  const wanted = changes.filter(({ change }) => D.isPositive(change))
  const needed = D.total(wanted.map(({ change }) => change))
  const isShort = D.greaterThan(needed, funds)
  const purchases = wanted.flatMap(({ change, market }) => {
    const budget = isShort ? D.divideDown(D.multiply(change, D.max(funds, D.zero)), needed, places) : change
    if (isShort && D.lessThan(budget, D.multiply(change, nearly))) limit(market.asset, "not enough funds")
    return accept(market, purchaseOf(market, budget)).map((trade) => ({ market, trade }))
  })

  const trades = [...sales, ...purchases]
  const after = valueOf((asset) => {
    const own = trades.filter(({ market }) => market.asset === asset).map(({ trade }) => trade.asset)
    return D.sum(held(asset), D.total(asset === quote ? trades.map(({ trade }) => trade.quote) : own))
  })
  const whole = D.total(after.values())
  const share = (part: D.Decimal | undefined, of: D.Decimal) => D.percent(part ?? D.zero, of) ?? "0.00"
  const rest = D.subtract(hundred, D.total(targets.values()))
  return {
    total,
    orders: trades.map(({ trade }) => trade.order),
    fees: D.roundUp(D.total(trades.map(({ trade }) => trade.fee)), places),
    shares: [...markets.map(({ asset }) => asset), quote].map((asset) => ({
      asset,
      before: share(before.get(asset), total),
      target: D.toFixed(asset === quote ? rest : (targets.get(asset) ?? D.zero), 2),
      after: share(after.get(asset), whole)
    })),
    limited
  }
}

/** The part of a purchase down to which fees make it smaller. Below it, funds are missing. */
const nearly = D.decimal("0.98")

/** Makes an order, rounds its volume down, and computes what it gives and takes. */
const tradeOf = ({ best, fee, inverse, pair }: Market, type: "buy" | "sell", volume: D.Decimal): Trade => {
  const price = type === "buy" ? best.ask : best.bid
  const rounded = D.max(D.truncate(volume, pair.lotDecimals), D.zero)
  const cost = D.multiply(rounded, price)
  const paid = D.multiply(cost, fee)
  const [base, counter] =
    type === "buy" ? [rounded, D.negate(D.sum(cost, paid))] : [D.negate(rounded), D.subtract(cost, paid)]
  return {
    order: {
      pair: pair.display,
      type,
      ordertype: "limit",
      price: D.format(price),
      volume: D.format(rounded)
    },
    asset: inverse ? counter : base,
    quote: inverse ? base : counter,
    fee: inverse ? D.divideHalf(paid, price, inversePlaces) : paid
  }
}

/** Sells an amount of the asset. */
const saleOf = (market: Market, amount: D.Decimal): Trade =>
  market.inverse
    ? tradeOf(market, "buy", D.divideDown(amount, costOfOne(market), market.pair.lotDecimals))
    : tradeOf(market, "sell", amount)

/** Buys as much of the asset as a budget in the quote asset pays for, with the fee. */
const purchaseOf = (market: Market, budget: D.Decimal): Trade =>
  market.inverse
    ? tradeOf(market, "sell", budget)
    : tradeOf(market, "buy", D.divideDown(budget, costOfOne(market), market.pair.lotDecimals))

/** The cost of buying one unit of the pair's base, with the fee. */
const costOfOne = ({ best, fee }: Market): D.Decimal => D.multiply(best.ask, D.sum(one, fee))
