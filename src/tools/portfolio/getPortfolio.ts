import { Effect, Option, Schema } from "effect"
import { endpoints } from "../../domain/endpoints/endpoints.ts"
import * as D from "../../domain/numbers/decimal.ts"
import { holdingsOf, type Valued, valuationOf } from "../../domain/portfolio/valuation.ts"
import { PermissionCache } from "../../services/PermissionCache.ts"
import { optionalText, optionalTexts } from "../kit/answerFields.ts"
import { tryRead } from "../kit/extraReads.ts"
import { optional } from "../kit/fields.ts"
import { describedElsewhere, namingOnly } from "../kit/jsonSchema.ts"
import * as Rows from "../kit/rows.ts"
import * as Tool from "../kit/tool.ts"
import { assetNamed, currency } from "./currency.ts"
import { chartPage } from "./page.ts"
import { iso, missingLines, readHistory, readProfit } from "./history.ts"
import { pricesNow } from "./pricing.ts"
import { readAs } from "./reads.ts"

/** Bounds of the reading of the ledger, for the cost of what is held. */
const bounds = { pages: 4, seconds: 6 }

const always = { asset: Schema.String, amount: Schema.String }

const Row = Schema.Struct({
  ...always,
  free: optionalText,
  held: optionalText,
  orders: optionalTexts,
  earning: optionalText,
  price: Schema.String,
  value: Schema.String,
  share: Schema.String,
  cost: optionalText,
  gain: optionalText
}).annotations(namingOnly({ ...always, price: Schema.String, value: Schema.String, share: Schema.String }))

export const getPortfolio = Tool.make("get_portfolio", {
  title: "Portfolio",
  description:
    "What the account is worth: each asset's amount, free, held (by orders), earning, price, value, share in percent, FIFO cost with fees, and unrealised gain. free is left out if all is free; dust is summed, missing says what is unknown. Spot only: margin is in get_open_positions.",
  endpoint: "private/BalanceEx",
  input: { currency },
  page: chartPage,
  handler: Effect.fn("Tool.get_portfolio")(function* (input) {
    const { directory, name, places } = yield* assetNamed(input.currency)
    const balances = yield* readAs("private/BalanceEx")
    const open = yield* tryRead("private/OpenOrders", {})
    const orders = Option.match(open, {
      onNone: () => [],
      onSome: ({ open }) => Rows.keyed(open, "txid")
    })
    const holdings = holdingsOf(balances, orders, directory)
    const priceOf = yield* pricesNow(
      holdings.map(({ asset }) => asset),
      name,
      directory
    )
    const { dust, rows, total, unpriced } = valuationOf(holdings, priceOf, places)
    const known = yield* Effect.option(costs(balances, { currency: name, places }, directory, priceOf))
    const costOf = ({ asset }: Valued) =>
      Option.flatMapNullable(known, ({ profit }) =>
        profit.assets.find((row) => row.asset === asset && asset !== name && D.isZero(row.withoutCost))
      )
    const missing = [
      ...(Option.isNone(open) ? ["orders: not readable with this key now"] : []),
      ...Option.match(known, {
        onNone: () => ["cost and gain: the ledger is not readable with this key now"],
        onSome: ({ lines }) => lines
      })
    ]
    return {
      currency: name,
      total: D.format(total),
      rows: rows.map((row) =>
        Rows.compact({ ...amounts(row), ...Option.match(costOf(row), { onNone: () => ({}), onSome: gainOf(row) }) })
      ),
      ...Rows.compact({
        dust:
          dust.length === 0
            ? undefined
            : {
                assets: dust.map(({ asset }) => asset),
                value: D.format(D.total(dust.map(({ value }) => value ?? D.zero)))
              },
        unpriced: unpriced.map(({ amount, asset }) => ({ asset, amount: D.format(amount) })),
        missing
      })
    }

    function amounts({ amount, asset, earning, free, held, orders, price, value }: Valued) {
      const ifAny = (part: D.Decimal) => (D.isZero(part) ? undefined : D.format(part))
      return {
        asset,
        amount: D.format(amount),
        free: D.equals(free, amount) ? undefined : D.format(free),
        held: ifAny(held),
        orders,
        earning: ifAny(earning),
        price: D.format(price ?? D.zero),
        value: D.format(value ?? D.zero),
        share: D.percent(value ?? D.zero, total) ?? "0.00"
      }
    }
  }),
  output: Schema.Struct({
    currency: Schema.String,
    total: Schema.String,
    rows: Schema.Array(Row),
    dust: optional(Schema.Struct({ assets: Schema.Array(Schema.String), value: Schema.String })),
    unpriced: optional(Schema.Array(Schema.Struct(always).annotations(describedElsewhere))),
    missing: optionalTexts
  })
})

const gainOf =
  ({ value }: Valued) =>
  ({ cost }: { readonly cost: D.Decimal }) => ({
    cost: D.format(cost),
    gain: D.format(D.subtract(value ?? D.zero, cost))
  })

/** Computes the cost of what is held by FIFO, as far as a few pages of the ledger tell. */
const costs = Effect.fnUntraced(function* (
  balances: Parameters<typeof readHistory>[2],
  into: { readonly currency: string; readonly places: number },
  directory: Parameters<typeof readHistory>[0],
  priceOf: (asset: string) => D.Decimal | undefined
) {
  const permissions = yield* PermissionCache
  yield* permissions.require("private/Ledgers", endpoints["private/Ledgers"].permissions)
  const read = yield* readHistory(directory, bounds, balances)
  const { profit } = yield* readProfit(
    read,
    { ...into, method: "fifo", since: undefined, until: undefined },
    directory,
    priceOf
  )
  const { from } = read.history
  const unknown = profit.assets.filter(({ withoutCost }) => D.isPositive(withoutCost)).map(({ asset }) => asset)
  const lines =
    unknown.length === 0
      ? []
      : [
          `cost of ${unknown.join(", ")}: ${from === undefined ? "not in the ledger, or no price then" : `the ledger was read back to ${iso(from)}; get_pnl reads more`}`
        ]
  return {
    profit,
    lines: [...lines, ...missingLines({ ...profit, assets: [], missing: [] }, { ...read, isComplete: true })]
  }
})
