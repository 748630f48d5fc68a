import * as D from "../numbers/decimal.ts"

/** The order in which lots are used up. `average` makes one lot of all of them. */
export const methods = ["fifo", "lifo", "average"] as const
export type Method = (typeof methods)[number]

/** An amount of an asset that came in at one time, and its cost. */
export interface Lot {
  /** Unix seconds. With `average`, that of the first lot. Undefined if the amount came in before the history begins. */
  readonly time: number | undefined
  readonly amount: D.Decimal
  /** The cost in the currency of the account. Undefined if it is not known. */
  readonly cost: D.Decimal | undefined
}

/** The lots of one asset. */
export interface Lots {
  /** Adds an amount above zero. */
  readonly add: (lot: Lot) => void
  /**
   * Takes an amount above zero, and returns the lots and parts of lots that it consists of. What is taken beyond all lots is
   * of unknown cost.
   */
  readonly take: (amount: D.Decimal) => ReadonlyArray<Lot>
  readonly held: () => Held
}

/** The sums of all lots. */
export interface Held {
  readonly known: D.Decimal
  readonly cost: D.Decimal
  /** The amount whose cost is not known. It is negative if more was taken than came in. */
  readonly unknown: D.Decimal
}

/**
 * Makes an empty store of lots. The cost of a part of a lot is rounded to `places` decimals, halves away from zero, and the
 * rest stays with the lot: the costs of all parts are together exactly that of the lot.
 */
export const makeLots = (method: Method, places: number): Lots => {
  const lots: Array<Lot> = []
  /** The amount that was taken beyond all lots. What comes in next makes up for it. */
  let short = D.zero

  const next = () => (method === "lifo" ? lots.length - 1 : 0)

  const addWhole = (lot: Lot) => {
    const at =
      method === "average" ? lots.findIndex(({ cost }) => (cost === undefined) === (lot.cost === undefined)) : -1
    const same = lots[at]
    if (same !== undefined) lots[at] = merged(same, lot)
    // Amounts of unknown cost are used up first, since most of them came in before the history begins.
    else if (method === "average" && lot.cost === undefined) lots.unshift(lot)
    else lots.push(lot)
  }

  return {
    add: (lot) => {
      const makesUp = D.min(short, lot.amount)
      short = D.subtract(short, makesUp)
      const [, rest] = D.isZero(makesUp) ? [undefined, lot] : split(lot, makesUp, places)
      if (rest !== undefined) addWhole(rest)
    },
    take: (amount) => {
      const taken: Array<Lot> = []
      let left = amount
      while (D.isPositive(left)) {
        const at = next()
        const lot = lots[at]
        if (lot === undefined) {
          short = D.sum(short, left)
          taken.push({ time: undefined, amount: left, cost: undefined })
          break
        }
        const [part, rest] = split(lot, D.min(left, lot.amount), places)
        taken.push(part)
        if (rest === undefined) lots.splice(at, 1)
        else lots[at] = rest
        left = D.subtract(left, part.amount)
      }
      return taken
    },
    held: () => ({
      known: D.total(lots.flatMap(({ amount, cost }) => (cost === undefined ? [] : [amount]))),
      cost: D.total(lots.flatMap(({ cost }) => (cost === undefined ? [] : [cost]))),
      unknown: D.subtract(D.total(lots.flatMap(({ amount, cost }) => (cost === undefined ? [amount] : []))), short)
    })
  }
}

const merged = (one: Lot, other: Lot): Lot => ({
  time: one.time,
  amount: D.sum(one.amount, other.amount),
  cost: one.cost === undefined || other.cost === undefined ? undefined : D.sum(one.cost, other.cost)
})

/** Splits an amount off a lot. There is no rest if it is the whole lot. */
const split = (lot: Lot, amount: D.Decimal, places: number): readonly [part: Lot, rest: Lot | undefined] => {
  if (D.equals(amount, lot.amount)) return [lot, undefined]
  const { cost, time } = lot
  const part = cost === undefined ? undefined : D.divideHalf(D.multiply(cost, amount), lot.amount, places)
  return [
    { time, amount, cost: part },
    {
      time,
      amount: D.subtract(lot.amount, amount),
      cost: cost === undefined || part === undefined ? undefined : D.subtract(cost, part)
    }
  ]
}
