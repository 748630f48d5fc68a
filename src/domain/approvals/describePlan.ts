import type { Params, WriteEndpoint } from "../endpoints/endpoints.ts"
import type { Claim } from "../mandates/claim.ts"
import { describeRequest } from "./describeRequest.ts"
import type { Quote } from "./quote.ts"

/** The parts of a plan that its description shows. */
export interface Described {
  readonly caller: { readonly id: string; readonly name?: string }
  /** The name of its Kraken account, if the accounts have names. */
  readonly krakenAccount?: string
  readonly endpoint: WriteEndpoint
  readonly request: Params
  readonly claim: Pick<Claim, "spends">
  readonly asks: ReadonlyArray<string>
  readonly quote: Quote
  readonly said?: string
  readonly tolerance: string
}

/**
 * Describes all that a person has to see of a plan, as names and texts in their order. Texts of agents and of Kraken are in
 * it as they are: whoever shows them has to escape them.
 */
export const describePlan = (plan: Described): ReadonlyArray<readonly [name: string, text: string]> => {
  const { asks, caller, krakenAccount, quote, request, said, tolerance } = plan
  const changes = Object.entries(quote.changes ?? {})
  return [
    ["Act", describeRequest(plan.endpoint, plan.request, plan.claim)],
    ["Asked by", caller.name === undefined ? caller.id : `${caller.name} (${caller.id})`],
    ...(krakenAccount === undefined ? [] : ([["Kraken account", krakenAccount]] as const)),
    ["Needs a person because of", asks.join(", ")],
    ["Request", JSON.stringify(request)],
    ...rows("Sent instead", changes, ([name, text]) => `${name}: ${text}`),
    ...(changes.length > 0 ? ([["Would be sent as", JSON.stringify(quote.sends)]] as const) : []),
    ...rows("Leaves at most", quote.worst, ({ amount, asset }) => `${amount} ${asset}`),
    ...rows("Counts as", quote.values, ({ amount, currency }) => `${amount} ${currency}`),
    ...(quote.fee === undefined
      ? []
      : ([["Fee, part of the amount", `${quote.fee.amount} ${quote.fee.asset}`]] as const)),
    ...(quote.address === undefined ? [] : ([["Goes to the address", quote.address]] as const)),
    ...rows("Price", quote.prices, ({ ask = "none", bid = "none", pair }) => `${pair}: bid ${bid}, ask ${ask}`),
    ...rows("Highest fee", quote.feeRates, ({ pair, percent }) => `${pair}: ${percent} %`),
    ...rows("Available balance", quote.balances, ({ after, asset, before }) => `${before} ${asset}, then ${after}`),
    ...rows(
      "Limit",
      quote.limits,
      ({ after, allowed, layer, left, limit, unit }) =>
        `${limit} (${layer}): ${left} of ${allowed} ${unit} left, then ${after}`
    ),
    ...rows("Could not be read", quote.missing, (fact) => fact),
    ["A price may move by", `${tolerance} % until it is sent`],
    ...(said === undefined ? [] : ([["The agent says", said]] as const))
  ]
}

const rows = <A>(
  name: string,
  values: ReadonlyArray<A>,
  text: (value: A) => string
): ReadonlyArray<readonly [string, string]> => values.map((value) => [name, text(value)] as const)
