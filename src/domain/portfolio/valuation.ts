import type { Directory } from "../assets/model.ts"
import * as D from "../numbers/decimal.ts"
import { walletOf } from "./families.ts"

/** A balance as Kraken sends it. */
export interface BalanceRow {
  readonly balance: string | number
  readonly hold_trade?: string | number
  readonly credit?: string | number
  readonly credit_used?: string | number
}

/** An open order, as far as it holds funds. */
export interface HoldingOrder {
  readonly txid: string
  readonly descr: { readonly pair: string; readonly type?: string; readonly leverage?: string | number }
}

/** The amounts of one asset. All balances of an asset are added up: `XXBT`, `XBT.F` and `XBT.M` are BTC. */
export interface Holding {
  readonly asset: string
  readonly amount: D.Decimal
  /** The part that can be traded or withdrawn now. */
  readonly free: D.Decimal
  /** The part that open orders or Kraken hold. */
  readonly held: D.Decimal
  /** The part that earns, is staked or locked. */
  readonly earning: D.Decimal
  /** Ids of the open orders that hold a part. */
  readonly orders: ReadonlyArray<string>
}

const numberOf = (value: string | number | undefined): D.Decimal => D.parse(String(value ?? 0)) ?? D.zero

/** Checks that an order holds its own funds. Orders on margin hold none. */
export const holdsFunds = ({ descr }: HoldingOrder): boolean =>
  descr.leverage === undefined || String(descr.leverage) === "none"

/** Finds the asset that an open spot order holds: the base asset if it sells, the quote asset if it buys. */
export const heldBy = ({ descr }: HoldingOrder, directory: Directory): string | undefined => {
  const pair = directory.findPair(descr.pair)
  return pair && walletOf(directory, descr.type === "sell" ? pair.base : pair.quote).asset
}

/** Adds up balances by asset. Assets without any amount are left out. */
export const holdingsOf = (
  balances: Readonly<Record<string, BalanceRow>>,
  orders: ReadonlyArray<HoldingOrder>,
  directory: Directory
): ReadonlyArray<Holding> => {
  const holdings = new Map<string, Holding>()
  for (const [id, row] of Object.entries(balances)) {
    const { asset, suffix } = walletOf(directory, id)
    const [balance, hold] = [numberOf(row.balance), numberOf(row.hold_trade)]
    const lent = D.subtract(numberOf(row.credit), numberOf(row.credit_used))
    const sum = holdings.get(asset)
    const spot = D.subtract(D.sum(balance, lent), hold)
    const part = (given: D.Decimal | undefined, more: D.Decimal, applies: boolean) =>
      applies ? D.sum(given ?? D.zero, more) : (given ?? D.zero)
    holdings.set(asset, {
      asset,
      amount: part(sum?.amount, balance, true),
      free: part(sum?.free, spot, suffix === ""),
      held: part(sum?.held, suffix === ".HOLD" ? balance : hold, true),
      earning: part(sum?.earning, D.subtract(balance, hold), suffix !== "" && suffix !== ".HOLD"),
      orders: []
    })
  }
  const holders = orders.filter(holdsFunds).map((order) => [heldBy(order, directory), order.txid] as const)
  return [...holdings.values()]
    .filter(({ amount }) => !D.isZero(amount))
    .map((holding) => ({
      ...holding,
      orders: holders.flatMap(([asset, txid]) => (asset === holding.asset ? [txid] : []))
    }))
}

/** A holding with its value in the currency. Price and value are undefined if there is no price. */
export interface Valued extends Holding {
  readonly price: D.Decimal | undefined
  readonly value: D.Decimal | undefined
}

/** Holdings and their value in one currency. */
export interface Valuation {
  /** The sum of all values that are known. */
  readonly total: D.Decimal
  /** The largest value first. Those without a price and those of dust are not among them. */
  readonly rows: ReadonlyArray<Valued>
  /** Holdings that are each worth less than a ten-thousandth of the total. */
  readonly dust: ReadonlyArray<Valued>
  /** Holdings without a price. */
  readonly unpriced: ReadonlyArray<Valued>
}

/** The smallest part of the total that is not dust. */
const smallest = D.decimal("0.0001")

/** Values holdings. Values are rounded to `places` decimals, halves away from zero. */
export const valuationOf = (
  holdings: ReadonlyArray<Holding>,
  priceOf: (asset: string) => D.Decimal | undefined,
  places: number
): Valuation => {
  const valued = holdings.map((holding): Valued => {
    const price = priceOf(holding.asset)
    return { ...holding, price, value: price && D.roundHalf(D.multiply(holding.amount, price), places) }
  })
  const worth = ({ value }: Valued) => value ?? D.zero
  const total = D.total(valued.map(worth))
  const least = D.multiply(D.abs(total), smallest)
  const priced = valued.filter(({ value }) => value !== undefined).toSorted((a, b) => D.order(worth(b), worth(a)))
  const isDust = (row: Valued) => D.lessThan(D.abs(worth(row)), least) && row.orders.length === 0
  return {
    total,
    rows: priced.filter((row) => !isDust(row)),
    dust: priced.filter(isDust),
    unpriced: valued.filter(({ value }) => value === undefined)
  }
}
