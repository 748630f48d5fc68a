import type { Mandate } from "./mandate.ts"

/** Describes the limits of a mandate for people: the name of each one, and its value in words. */
export const describeMandate = (mandate: Mandate): ReadonlyArray<readonly [name: string, text: string]> => {
  const { access, cancel, capital, collar, keep, maxLeverage, maxOpen, pairs, rate, slippage, spending } = mandate
  const money = (amounts: Readonly<Record<string, string>>) =>
    Object.entries(amounts)
      .map(([asset, amount]) => `${amount} ${asset}`)
      .join(", ")
  return [
    ["access", access],
    ...Object.entries(spending.max).map(
      ([window, amount]) => [`max/${window}`, amount === "none" ? "none" : `${amount} ${spending.currency}`] as const
    ),
    ...(capital === undefined ? [] : [["capital", `${capital.amount} ${capital.asset}`] as const]),
    ...(Object.keys(keep).length === 0 ? [] : [["keep", money(keep)] as const]),
    ["pairs", pairs === undefined ? "all" : pairs.join(", ")],
    ["collar", collar === undefined ? "none" : `${collar}%`],
    ["slippage", slippage === undefined ? "market orders are refused" : `${slippage}%`],
    ["max-open", maxOpen === undefined ? "none" : String(maxOpen)],
    ["rate", rate === undefined ? "none" : `${rate}/min`],
    ["max-leverage", String(maxLeverage)],
    ["cancel", cancel]
  ]
}
