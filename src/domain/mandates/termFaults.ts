import * as D from "../numbers/decimal.ts"
import type { Mandate, SpendingLimits } from "./mandate.ts"
import { windows } from "./mandateWords.ts"
import { covers } from "./pairPatterns.ts"

/** A fault of limits that do not go together. */
export interface TermFault {
  /** The flags that it concerns. The first one is named in front of the text. */
  readonly flags: ReadonlyArray<string>
  readonly text: string
}

/** Lists windows whose limit is higher than that of a longer one. */
export const spendingFaults = ({ currency = "", max }: SpendingLimits): ReadonlyArray<string> =>
  outOfOrder(
    windows.flatMap((window) => {
      const amount = max[window]
      return amount === undefined || amount === "none" ? [] : [{ name: window, value: amount }]
    })
  ).map(
    ([shorter, longer]) =>
      `expected at most ${longer.value}${currency}/${longer.name}, the limit of the longer window, got ${shorter.value}${currency}/${shorter.name}`
  )

interface Named {
  readonly name: string
  readonly value: string
}

/** Finds neighbours of which the first is greater. */
const outOfOrder = (limits: ReadonlyArray<Named>): ReadonlyArray<readonly [Named, Named]> =>
  limits.flatMap((limit, index) => {
    const next = limits[index + 1]
    return next !== undefined && D.greaterThan(D.decimal(limit.value), D.decimal(next.value)) ? [[limit, next]] : []
  })

const callUnits = ["min", "hour", "day"] as const

/** Lists the faults of a mandate as a whole. `label` gives the name of a flag. */
export const faultsOf = (mandate: Mandate, label: (flag: string) => string): ReadonlyArray<TermFault> => {
  const { access, calls, capital, grants, maxLeverage, notPairs, pairs, slippage, spending, types } = mandate
  const unstated = (["order", "day"] as const).filter((window) => spending.max[window] === undefined)
  const fault = (isFault: boolean, flags: ReadonlyArray<string>, text: string): ReadonlyArray<TermFault> =>
    isFault ? [{ flags, text }] : []
  const granted = Object.keys(grants).length > 0
  return [
    ...fault(
      access !== "read" && unstated.length > 0,
      ["max", "access"],
      `expected ${unstated.map((window) => `a limit for ${window}, or none/${window}`).join("; ")}`
    ),
    ...spendingFaults(spending).map((text) => ({ flags: ["max"], text })),
    ...outOfOrder(
      callUnits.flatMap((unit) => (calls[unit] === undefined ? [] : [{ name: unit, value: String(calls[unit]) }]))
    ).map(([shorter, longer]) => ({
      flags: ["calls"],
      text: `expected at most ${longer.value}/${longer.name}, the limit of the longer window, got ${shorter.value}/${shorter.name}`
    })),
    ...fault(
      capital !== undefined && maxLeverage > 0,
      ["max-leverage", "capital"],
      `expected 0 beside ${label("capital")}, got ${maxLeverage}`
    ),
    ...fault(
      capital === undefined && granted,
      ["grant", "capital"],
      `needs ${label("capital")}, which can be zero, as in 0USD`
    ),
    ...fault(
      capital?.amount === "0" && !granted,
      ["capital", "grant"],
      `expected more than zero, or coins with ${label("grant")}`
    ),
    ...(pairs ?? [])
      .filter((pair) => notPairs.some((pattern) => covers(pattern, pair)))
      .map((pair) => ({
        flags: ["pairs", "not-pairs"],
        text: `expected pairs that ${label("not-pairs")} does not exclude, got ${pair}`
      })),
    ...fault(
      types?.includes("market") === true && slippage === undefined,
      ["types", "slippage"],
      `market needs ${label("slippage")}`
    )
  ]
}
