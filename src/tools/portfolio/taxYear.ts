import { DateTime, Effect } from "effect"
import { endpoints } from "../../domain/endpoints/endpoints.ts"
import { type Method, methods } from "../../domain/portfolio/lots.ts"
import { taxCsv } from "../../domain/portfolio/taxCsv.ts"
import { KrakenClient } from "../../services/KrakenClient.ts"
import { PermissionCache } from "../../services/PermissionCache.ts"
import { TradingMode } from "../../services/TradingMode.ts"
import { assetNamed } from "./currency.ts"
import { missingLines, readHistory, readProfit, wholeLedger } from "./history.ts"

/** A request for the CSV of a tax year. */
export interface TaxYear {
  readonly year: number
  readonly currency: string
  readonly method: Method
}

const uri = /^kraken:\/\/pnl\/(20\d\d)\.csv(?:\?(.*))?$/

/** Reads the URI of a tax year. Undefined for another URI, an unknown parameter or method. */
export const taxYearOf = (text: string): TaxYear | undefined => {
  const [, year, query = ""] = uri.exec(text) ?? []
  const given = new URLSearchParams(query)
  const method = methods.find((name) => name === (given.get("method") ?? "fifo"))
  const isKnown = [...given.keys()].every((name) => name === "method" || name === "currency")
  return year === undefined || method === undefined || !isKnown
    ? undefined
    : { year: Number(year), method, currency: given.get("currency") ?? "USD" }
}

/** Makes the CSV of a year: sales by lots, fees and rewards, between its first and its last second (UTC). */
export const readTaxYear = Effect.fn("Resource.taxYear")(function* ({ currency, method, year }: TaxYear) {
  const permissions = yield* PermissionCache
  for (const endpoint of ["private/Ledgers", "private/BalanceEx"] as const)
    yield* permissions.require(endpoint, endpoints[endpoint].permissions)
  const { directory, name, places } = yield* assetNamed(currency)
  const read = yield* readHistory(directory, wholeLedger)
  const [since, until] = [Date.UTC(year, 0, 1) / 1000 - 0.001, Date.UTC(year + 1, 0, 1) / 1000 - 0.001]
  const asked = { currency: name, places, method, since, until }
  const { profit } = yield* readProfit(read, asked, directory)
  const now = yield* Effect.flatMap(KrakenClient, (kraken) => kraken.now)
  const trading = yield* TradingMode
  const missing = missingLines(profit, read)
  const notes = [
    ...(trading.mode === "paper" ? [`simulated account on the ${trading.market.name}: no real money`] : []),
    `${year} in ${name} by ${method}, made ${DateTime.formatIso(now)}`,
    ...(DateTime.toEpochMillis(now) / 1000 < until ? ["the year is not over"] : []),
    ...(missing.length > 0 ? [`NOT COMPLETE: ${missing.join("; ")}`] : [])
  ]
  return taxCsv(profit.rows, { currency: name, notes })
})
