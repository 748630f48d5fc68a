import { Effect, Schema } from "effect"
import type { AnyOf } from "../../domain/keys/permissions.ts"
import * as D from "../../domain/numbers/decimal.ts"
import { methods } from "../../domain/portfolio/lots.ts"
import { gainOf } from "../../domain/portfolio/needed.ts"
import type { Sums } from "../../domain/portfolio/profit.ts"
import { optionalText, optionalTexts } from "../kit/answerFields.ts"
import { optional, withDefault } from "../kit/fields.ts"
import { describedElsewhere } from "../kit/jsonSchema.ts"
import * as Rows from "../kit/rows.ts"
import { time } from "../kit/timeFields.ts"
import * as Tool from "../kit/tool.ts"
import { assetNamed, currency } from "./currency.ts"
import { iso, missingLines, readHistory, readProfit, wholeLedger } from "./history.ts"

/** The permissions of balances and ledger. */
const permissions: AnyOf = [["query-funds", "query-ledger"]]

const sums = {
  start: Schema.String,
  deposits: optionalText,
  withdrawals: optionalText,
  rewards: optionalText,
  realised: optionalText,
  unrealised: optionalText,
  fees: optionalText,
  end: Schema.String
}

const rowFields = { asset: Schema.String, amount: Schema.String }

export const getPnl = Tool.make("get_pnl", {
  title: "Profit and loss",
  description:
    "Gain in a period: end = start + deposits - withdrawals + rewards + realised + unrealised. fees are already deducted, zeros left out. If complete is false, missing says why; calling again reads further back. Tax year as CSV: resource kraken://pnl/2026.csv.",
  endpoint: "private/Ledgers",
  permissions,
  input: {
    since: optional(time("e.g. today, -7d (default: all)")),
    until: optional(time("Default now", "end")),
    currency,
    method: withDefault(Schema.Literal(...methods).annotations({ description: "Order of sale" }), "fifo")
  },
  handler: Effect.fn("Tool.get_pnl")(function* ({ method, since, until, ...input }) {
    const { directory, name, places } = yield* assetNamed(input.currency)
    const read = yield* readHistory(directory, wholeLedger)
    const asked = {
      currency: name,
      places,
      method,
      since: since === undefined ? undefined : Number(since),
      until: until === undefined ? undefined : Number(until)
    }
    const { minutes, profit, until: end } = yield* readProfit(read, asked, directory)
    const { assets, since: from, total } = profit
    const gain = gainOf(profit)
    return {
      currency: name,
      since: iso(from),
      until: iso(end),
      complete: read.isComplete && profit.missing.length === 0,
      ...shown(total),
      assets: assets.map((row) => ({ asset: row.asset, amount: D.format(row.endAmount), ...shown(row) })),
      ...Rows.compact({
        gain: gain && D.format(gain),
        past_prices: minutes === 0 ? undefined : `of candles of ${minutes} min`,
        missing: missingLines(profit, read)
      })
    }
  }),
  output: Schema.Struct({
    currency: Schema.String,
    since: Schema.String,
    until: Schema.String,
    complete: Schema.Boolean,
    gain: optionalText,
    ...sums,
    past_prices: optionalText,
    assets: Schema.Array(Schema.Struct({ ...rowFields, ...sums }).annotations(describedElsewhere)),
    missing: optionalTexts
  })
})

/** Formats sums. Those of zero between start and end are left out. */
const shown = ({ deposits, end, fees, realised, rewards, start, unrealised, withdrawals }: Sums) => {
  const between = { deposits, withdrawals, rewards, realised, unrealised, fees }
  const given = Object.entries(between).filter(([, value]) => !D.isZero(value))
  return {
    start: D.format(start),
    ...Object.fromEntries(given.map(([name, value]) => [name, D.format(value)])),
    end: D.format(end)
  }
}
