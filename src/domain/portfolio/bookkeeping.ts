import * as D from "../numbers/decimal.ts"
import { add, type Event, type Leg } from "./ledger.ts"
import { type Lot, type Lots, makeLots, type Method } from "./lots.ts"

/** The price of one unit of an asset at a moment in Unix seconds, in the currency of the account. */
export type PriceAt = (asset: string, time: number) => D.Decimal | undefined

/** The conditions of books. */
export interface BookTerms {
  /** The display name of the asset that everything is valued in. It has no lots: one unit costs one unit. */
  readonly currency: string
  /** Decimals to which values are rounded, halves away from zero: those of the currency. */
  readonly places: number
  readonly method: Method
  readonly priceAt: PriceAt
}

/** A part of a lot that was given away, or a reward. */
export interface TaxRow {
  readonly kind: "sale" | "fee" | "result" | "reward"
  readonly asset: string
  readonly amount: D.Decimal
  /** Unix seconds. Undefined if the amount came in before the history begins. */
  readonly acquired: number | undefined
  readonly time: number
  readonly proceeds: D.Decimal | undefined
  readonly cost: D.Decimal | undefined
}

/** A fact without which a sum is not whole. */
export type Missing =
  /** The value of an amount that came, went or was paid as a fee. */
  | { readonly fact: "price"; readonly asset: string; readonly time: number }
  /** The cost of an amount that was sold or withdrawn. Its proceeds are not in `realised`, nor its gain in `unrealised`. */
  | { readonly fact: "cost"; readonly asset: string; readonly time: number; readonly amount: D.Decimal }

/** The name of a sum of a period. */
export type Sum = "deposits" | "withdrawals" | "rewards" | "realised" | "unrealised" | "fees"

/** An amount that is given away, and what it brings. */
interface Given {
  readonly asset: string
  readonly amount: D.Decimal
  readonly worth: D.Decimal
  readonly time: number
}

/**
 * Opens books with amounts of unknown cost, by asset: they value what comes and goes, and match sales with lots. Nothing
 * counts in a sum before the period begins.
 */
export const makeBooks = (
  opening: ReadonlyMap<string, D.Decimal>,
  { currency, method, places, priceAt }: BookTerms
) => {
  const pools = new Map<string, Lots>()
  const amounts = new Map(opening)
  const sums = new Map<string, Map<string, D.Decimal>>()
  const rows: Array<TaxRow> = []
  const missing: Array<Missing> = []
  let counts = false

  const poolOf = (asset: string): Lots => {
    const known = pools.get(asset)
    if (known !== undefined) return known
    const made = makeLots(method, places)
    pools.set(asset, made)
    return made
  }

  const value = (asset: string, amount: D.Decimal, time: number): D.Decimal | undefined => {
    if (asset === currency || D.isZero(amount)) return amount
    const price = priceAt(asset, time)
    return price && D.roundHalf(D.multiply(amount, price), places)
  }

  const count = (asset: string, sum: Sum, amount: D.Decimal | undefined, time: number) => {
    if (!counts) return
    if (amount === undefined) {
      missing.push({ fact: "price", asset, time })
      return
    }
    const known = sums.get(asset) ?? new Map<string, D.Decimal>()
    sums.set(asset, known)
    add(known, sum, amount)
  }

  const put = (asset: string, amount: D.Decimal, cost: D.Decimal | undefined, time: number) => {
    add(amounts, asset, amount)
    if (asset !== currency && D.isPositive(amount)) poolOf(asset).add({ time, amount, cost })
  }

  /** Takes an amount out of the lots. Each unit of the currency costs one unit. */
  const take = (asset: string, amount: D.Decimal): ReadonlyArray<Lot> => {
    add(amounts, asset, D.negate(amount))
    return asset === currency ? [{ time: undefined, amount, cost: amount }] : poolOf(asset).take(amount)
  }

  /** Adds a row. Spending the currency is no sale of it. */
  const row = (row: TaxRow) => {
    if (counts && !(row.asset === currency && row.kind === "sale")) rows.push(row)
  }

  const noCost = (asset: string, amount: D.Decimal, time: number) => {
    if (counts) missing.push({ fact: "cost", asset, time, amount })
  }

  /** Gives an amount away for its worth. */
  const sell = (kind: Exclude<TaxRow["kind"], "reward">, { amount, asset, time, worth }: Given) => {
    for (const { cost, part, proceeds } of shared(take(asset, amount), worth, places)) {
      row({ kind, asset, amount: part.amount, acquired: part.time, time, proceeds, cost })
      if (cost !== undefined) count(asset, "realised", D.subtract(proceeds, cost), time)
      else noCost(asset, part.amount, time)
    }
  }

  /** Books a gain or a loss in an asset. What is gained costs what it is worth; what is lost brings nothing. */
  const book = (kind: "fee" | "result", asset: string, net: D.Decimal, time: number) => {
    if (D.isNegative(net)) return sell(kind, { asset, amount: D.negate(net), worth: D.zero, time })
    if (D.isZero(net)) return
    const worth = value(asset, net, time)
    put(asset, net, worth, time)
    count(asset, "realised", worth, time)
    row({ kind, asset, amount: net, acquired: time, time, proceeds: worth, cost: D.zero })
  }

  const pay = ({ asset, fee }: Pick<Leg, "asset" | "fee">, time: number) => {
    count(asset, "fees", value(asset, fee, time), time)
    book("fee", asset, D.negate(fee), time)
  }

  const exchange = ({ legs, time }: Extract<Event, { kind: "exchange" }>) => {
    const nets = legs.map((leg) => ({ ...leg, net: D.subtract(leg.amount, leg.fee) }))
    const given = nets.filter(({ net }) => D.isNegative(net))
    const got = nets.filter(({ net }) => D.isPositive(net))
    const isExact = got.every(({ asset }) => asset === currency)
    const worthOf = (side: typeof nets) => sumOf(side.map(({ asset, net }) => value(asset, D.abs(net), time)))
    const worth = (isExact ? undefined : worthOf(given)) ?? worthOf(got)
    /** Divides the worth of the exchange among the assets of a side. Most have one. */
    const divided = (side: typeof nets, whole: D.Decimal) => {
      const others = side.slice(1).map(({ asset, net }) => value(asset, D.abs(net), time) ?? D.zero)
      return [D.subtract(whole, D.total(others)), ...others]
    }
    if (worth === undefined) {
      // Nothing is gained or lost without a price: what was got costs what was given.
      const cost = sumOf(given.flatMap(({ asset, net }) => take(asset, D.abs(net))).map(({ cost }) => cost))
      count(given[0]?.asset ?? currency, "realised", undefined, time)
      got.forEach(({ asset, net }, i) => put(asset, net, i === 0 ? cost : undefined, time))
    } else {
      const [proceeds, costs] = [divided(given, worth), divided(got, worth)]
      given.forEach(({ asset, net }, i) =>
        sell("sale", { asset, amount: D.abs(net), worth: proceeds[i] ?? D.zero, time })
      )
      got.forEach(({ asset, net }, i) => put(asset, net, costs[i] ?? D.zero, time))
    }
    for (const { asset, fee, net } of nets) {
      if (D.isZero(fee)) continue
      const ofTrade =
        worth === undefined || asset === currency || D.isZero(net)
          ? value(asset, fee, time)
          : D.divideHalf(D.multiply(worth, fee), D.abs(net), places)
      count(asset, "fees", ofTrade, time)
    }
  }

  const single = ({ amount, asset, fee, kind, time }: Extract<Event, { kind: "flow" | "reward" | "result" }>) => {
    const net = D.subtract(amount, fee)
    switch (kind) {
      case "result": {
        count(asset, "fees", value(asset, fee, time), time)
        book("result", asset, net, time)
        return
      }
      case "reward": {
        const worth = value(asset, net, time)
        count(asset, "fees", value(asset, fee, time), time)
        count(asset, "rewards", worth, time)
        if (D.isNegative(net)) {
          sell("result", { asset, amount: D.negate(net), worth: D.negate(worth ?? D.zero), time })
          return
        }
        put(asset, net, worth, time)
        row({ kind: "reward", asset, amount: net, acquired: time, time, proceeds: worth, cost: undefined })
        return
      }
      case "flow": {
        if (D.isPositive(amount)) {
          const worth = value(asset, amount, time)
          count(asset, "deposits", worth, time)
          put(asset, amount, worth, time)
        } else if (D.isNegative(amount)) {
          const worth = value(asset, D.negate(amount), time)
          const parts = take(asset, D.negate(amount))
          count(asset, "withdrawals", worth, time)
          // The gain until now leaves with the amount.
          for (const { cost, part, proceeds } of shared(parts, worth ?? D.zero, places)) {
            if (cost === undefined) noCost(asset, part.amount, time)
            else if (worth !== undefined) count(asset, "unrealised", D.subtract(proceeds, cost), time)
          }
        }
        pay({ asset, fee }, time)
      }
    }
  }

  const apply = (event: Event) => {
    if (event.kind === "exchange") exchange(event)
    else if (event.kind === "move") pay(event, event.time)
    else single(event)
  }

  /** Values what is held at a moment: the value, and as `gain` its value less its cost, where both are known. */
  const standing = (time: number) =>
    new Map(
      [...amounts].map(([asset, amount]) => {
        const held = asset === currency ? { known: amount, cost: amount, unknown: D.zero } : poolOf(asset).held()
        const worth = value(asset, amount, time)
        if (worth === undefined) missing.push({ fact: "price", asset, time })
        // More went than came: what comes in next makes up for an amount whose proceeds are in another period.
        if (D.isNegative(held.unknown)) missing.push({ fact: "cost", asset, time, amount: D.negate(held.unknown) })
        const known = D.isZero(held.unknown) ? worth : value(asset, held.known, time)
        return [asset, { amount, held, worth, gain: known && D.subtract(known, held.cost) }] as const
      })
    )

  for (const [asset, amount] of opening)
    if (asset !== currency && D.isPositive(amount)) poolOf(asset).add({ time: undefined, amount, cost: undefined })

  return {
    /** Books an event. The oldest has to come first. */
    apply,
    /** Begins the period: what is booked from now on counts. */
    beginPeriod: () => {
      counts = true
    },
    standing,
    sum: (asset: string, name: Sum): D.Decimal => sums.get(asset)?.get(name) ?? D.zero,
    /** Checks that a sum counts something of an asset. */
    isCounted: (asset: string): boolean => sums.has(asset),
    rows,
    missing
  }
}

/** Divides proceeds among parts by their amounts. The last one gets the rest, so that nothing is lost by rounding. */
const shared = (parts: ReadonlyArray<Lot>, worth: D.Decimal, places: number) => {
  const whole = D.total(parts.map(({ amount }) => amount))
  let left = worth
  return parts.map((part, i) => {
    const proceeds = i === parts.length - 1 ? left : D.divideHalf(D.multiply(worth, part.amount), whole, places)
    left = D.subtract(left, proceeds)
    return { part, proceeds, cost: part.cost }
  })
}

/** Adds up values. Undefined if one of them is not known. */
const sumOf = (values: ReadonlyArray<D.Decimal | undefined>): D.Decimal | undefined => {
  const known = values.filter((value) => value !== undefined)
  return known.length === values.length ? D.total(known) : undefined
}
