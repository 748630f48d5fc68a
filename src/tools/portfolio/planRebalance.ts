import { Effect, Schema } from "effect"
import type { AnyOf } from "../../domain/keys/permissions.ts"
import * as D from "../../domain/numbers/decimal.ts"
import type { Fault } from "../../domain/orders/fault.ts"
import { type Limited, marketPair, planOf } from "../../domain/portfolio/rebalance.ts"
import { heldBy, holdingsOf, holdsFunds } from "../../domain/portfolio/valuation.ts"
import { invalid } from "../kit/arguments.ts"
import { optionalTexts } from "../kit/answerFields.ts"
import { optional, withDefault } from "../kit/fields.ts"
import { Positive } from "../kit/numberFields.ts"
import { describedElsewhere, listedAs } from "../kit/jsonSchema.ts"
import * as Rows from "../kit/rows.ts"
import * as Tool from "../kit/tool.ts"
import { assetNamed } from "./currency.ts"
import { readPrices } from "./pricing.ts"
import { readAs } from "./reads.ts"

const permissions: AnyOf = [["query-funds", "query-open-trades"]]

const percent = /^\d{1,3}(\.\d{1,6})?%$/

const hundred = D.decimal("100")

const noShare = (share: unknown) => `must be a percentage such as "50%", got ${JSON.stringify(share)}`

/** A share in percent. A number without a percent sign could be a share, a percentage or an amount. */
const Share = Schema.String.annotations({ message: ({ actual }) => noShare(actual) })

/** Lists the faults of targets that are no shares, or together more than all. */
const targetFaults = (targets: Readonly<Record<string, string>>): ReadonlyArray<Fault> => {
  const wrong = Object.entries(targets).flatMap(([asset, share]) =>
    percent.test(share) ? [] : [{ path: `targets.${asset}`, fault: noShare(share) }]
  )
  if (wrong.length > 0) return wrong
  const sum = D.total(Object.values(targets).map(shareOf))
  if (D.greaterThan(sum, hundred))
    return [{ path: "targets", fault: `are ${D.format(sum)}% together: at most 100%, and the rest stays in quote` }]
  return Object.keys(targets).length === 0 ? [{ path: "targets", fault: "must name at least one asset" }] : []
}

const shareOf = (share: string): D.Decimal => D.decimal(share.slice(0, -1))

const reasons: Readonly<Record<Limited["reason"], string>> = {
  "no pair": "no open pair with quote",
  "no price": "no price now",
  "below least trade": "below min_trade",
  "below minimum of pair": "below the smallest order of the pair",
  earning: "a part is earning, and cannot be sold",
  "not enough funds": "less is bought, since the sales do not pay for it"
}

export const planRebalance = Tool.make("plan_rebalance", {
  title: "Plan to rebalance",
  description:
    "Orders that bring assets to shares of their joint value; quote keeps the rest. Order ids to cancel first, limit orders for add_order (sales first), taker fees, shares in percent. Assets not named stay. It plans and sends nothing.",
  endpoint: "private/BalanceEx",
  permissions,
  input: {
    targets: Schema.Record({ key: Schema.String, value: Share }).annotations({
      description: 'e.g. {"BTC": "50%", "ETH": "0%"}'
    }),
    quote: withDefault(Schema.String.annotations({ description: "Pays for trades" }), "USD"),
    min_trade: optional(listedAs(Positive, { type: "string", description: "In quote" }))
  },
  rules: ({ targets }) => targetFaults(targets),
  handler: Effect.fn("Tool.plan_rebalance")(function* ({ min_trade, quote: spelling, targets: given }) {
    const { directory, name: quote, places } = yield* assetNamed(spelling)
    const named = yield* Effect.forEach(Object.entries(given), ([asset, share]) =>
      Effect.map(assetNamed(asset), ({ name }) => [name, shareOf(share)] as const)
    )
    const all = new Map(named)
    const faults = pairwise(
      given,
      named.map(([name]) => name),
      quote,
      D.total(all.values())
    )
    if (faults.length > 0) return yield* invalid("plan_rebalance", faults)
    const targets = new Map(named.filter(([name]) => name !== quote))

    const balances = yield* readAs("private/BalanceEx")
    const { open } = yield* readAs("private/OpenOrders")
    const orders = Rows.keyed(open, "txid").filter(holdsFunds)
    const holdings = holdingsOf(balances, orders, directory)
    const isNamed = (asset: string | undefined) => asset !== undefined && (asset === quote || targets.has(asset))
    const pairs = [...targets.keys()].flatMap((asset) => {
      const found = marketPair(asset, quote, directory)
      return found === undefined ? [] : [found.pair]
    })
    const prices = yield* readPrices(pairs, directory)
    const tokenized = pairs.some(({ assetClass }) => assetClass === "tokenized_asset")
    const fees =
      pairs.length === 0
        ? {}
        : ((yield* readAs("private/TradeVolume", {
            pair: tokenized
              ? pairs.map(({ altname, assetClass }) => ({ asset: altname, aclass: assetClass }))
              : pairs.map(({ altname }) => altname).join(",")
          })).fees ?? {})
    const feeByPair = new Map(
      Object.entries(fees).map(([id, { fee }]) => [directory.pairDisplay(id), D.parse(String(fee))] as const)
    )
    const plan = planOf({
      targets,
      quote,
      places,
      least: D.decimal(min_trade ?? "0"),
      holdings: new Map(holdings.map((holding) => [holding.asset, holding])),
      quoteOf: ({ display }) => {
        const { ask, bid } = prices.get(display) ?? {}
        return ask && bid && { ask, bid }
      },
      feeOf: ({ display }) => feeByPair.get(display) ?? highestFee,
      directory
    })
    return {
      quote,
      total: D.format(plan.total),
      cancel: orders.filter((order) => isNamed(heldBy(order, directory))).map(({ txid }) => txid),
      orders: plan.orders,
      fees: D.format(plan.fees),
      shares: plan.shares,
      ...Rows.compact({
        limited: plan.limited.map(({ asset, reason }) => `${asset}: ${reasons[reason]}`),
        untouched: holdings.map(({ asset }) => asset).filter((asset) => !isNamed(asset))
      })
    }
  }),
  output: Schema.Struct({
    quote: Schema.String,
    total: Schema.String,
    cancel: Schema.Array(Schema.String),
    orders: Schema.Array(
      Schema.Struct({
        pair: Schema.String,
        type: Schema.String,
        ordertype: Schema.String,
        price: Schema.String,
        volume: Schema.String
      }).annotations(describedElsewhere)
    ),
    fees: Schema.String,
    shares: Schema.Array(
      Schema.Struct({ asset: Schema.String, before: Schema.String, target: Schema.String, after: Schema.String })
    ),
    limited: optionalTexts,
    untouched: optionalTexts
  })
})

/**
 * The highest fee of a taker in percent, for a pair whose fee Kraken did not send.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/get-trade-volume read 2026-08-17
 */
const highestFee = D.decimal("0.4")

/** Lists the faults of targets that need the names of assets: one named twice, and a quote asset with another rest. */
const pairwise = (
  given: Readonly<Record<string, string>>,
  names: ReadonlyArray<string>,
  quote: string,
  sum: D.Decimal
): ReadonlyArray<Fault> => {
  const spellings = Object.keys(given)
  const twice = names.findIndex((name, i) => names.indexOf(name) !== i)
  if (twice !== -1)
    return [{ path: `targets.${spellings[twice] ?? ""}`, fault: `is ${names[twice]}, which is named twice` }]
  return names.includes(quote) && !D.equals(sum, hundred)
    ? [
        {
          path: "targets",
          fault: `are ${D.format(sum)}% together with the quote asset: make it 100%, or leave ${quote} out`
        }
      ]
    : []
}
