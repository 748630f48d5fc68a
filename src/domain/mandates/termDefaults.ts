import * as D from "../numbers/decimal.ts"
import type { Mandate, Money } from "./mandate.ts"

/** The limits of a mandate of which nothing else is said. Its limits of spending have no default, and must be stated. */
export const defaultMandate: Mandate = {
  access: "read",
  spending: { max: {} },
  grants: {},
  keep: {},
  notPairs: [],
  collar: "5",
  maxOpen: 20,
  rate: 10,
  calls: {},
  maxLeverage: 0,
  cancel: "own",
  withdraw: {},
  ask: { kinds: ["funds"] }
}

/** The limits of a mandate that is made from a budget, which is its capital and the most that it spends in a day. */
export const budgetMandate: Mandate = { ...defaultMandate, access: "trade", slippage: "1", maxOpen: 10 }

const fifth = D.decimal("0.2")

/** Computes the most that a single order of a budget spends: a fifth, rounded down to 8 decimals. */
export const orderOfBudget = ({ amount }: Money): string =>
  D.format(D.decimal(D.toFixed(D.multiply(D.decimal(amount), fifth), 8, "floor")))
