import type { Mandate, Money } from "./mandate.ts"
import { windows } from "./mandateWords.ts"

/**
 * Describes the limits that a mandate's access leaves in effect, by the names of their flags. The texts are in the form
 * in which flags are given.
 */
export const describeMandate = (mandate: Mandate): ReadonlyArray<readonly [name: string, text: string]> => {
  const { access, ask, calls, cancel, capital, collar, grants, keep, maxLeverage, maxOpen, notPairs } = mandate
  const { pairs, rate, sides, slippage, spending, toolsets, types, withdraw } = mandate
  const { currency = "", max } = spending
  const limits = windows.flatMap((window) => {
    const amount = max[window]
    return amount === undefined ? [] : [`${amount === "none" ? amount : `${amount} ${currency}`}/${window}`]
  })
  const trading: ReadonlyArray<readonly [string, string]> = [
    ["max", list(limits, "none")],
    ["capital", capital === undefined ? "none" : money(capital)],
    ["grant", list(Object.entries(grants).map(holding), "none")],
    ["keep", list(Object.entries(keep).map(holding), "none")],
    ["pairs", list(pairs, "all")],
    ["not-pairs", list(notPairs, "none")],
    ["sides", list(sides, "all")],
    ["types", list(types, "all")],
    ["collar", percent(collar)],
    ["slippage", percent(slippage)],
    ["max-open", String(maxOpen ?? "none")],
    ["rate", rate === undefined ? "none" : `${rate}/min`],
    ["max-leverage", String(maxLeverage)],
    ["cancel", cancel],
    ["ask", list([...(ask.above === undefined ? [] : [`above=${money(ask.above)}`]), ...ask.kinds], "none")]
  ]
  const addresses = Object.entries(withdraw ?? {}).map(([key, limit]) => `${key}=${money(limit)}/${limit.per}`)
  return [
    ["access", access],
    ...(access === "read" ? [] : trading),
    ...(access === "full" ? [["withdraw", withdraw === undefined ? "all" : list(addresses, "none")] as const] : []),
    [
      "calls",
      list(
        Object.entries(calls).map(([unit, count]) => `${count}/${unit}`),
        "none"
      )
    ],
    ["toolsets", list(toolsets, "all")]
  ]
}

const money = ({ amount, asset }: Money): string => `${amount} ${asset}`

const holding = ([asset, amount]: readonly [string, string]): string => `${asset}=${amount}`

const percent = (text: string | undefined): string => (text === undefined ? "none" : `${text}%`)

/** Joins a list. `otherwise` stands for an absent or empty one. */
const list = (members: ReadonlyArray<string> | undefined, otherwise: string): string =>
  members === undefined || members.length === 0 ? otherwise : members.join(", ")
