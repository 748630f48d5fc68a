import { DateTime, Effect, Record as Rec } from "effect"
import type { Directory } from "../../domain/assets/model.ts"
import * as D from "../../domain/numbers/decimal.ts"
import { type History, historyOf, readEntries } from "../../domain/portfolio/ledger.ts"
import type { Method } from "../../domain/portfolio/lots.ts"
import { type Profit, profitOf } from "../../domain/portfolio/profit.ts"
import { neededPrices } from "../../domain/portfolio/needed.ts"
import { routesTo } from "../../domain/portfolio/prices.ts"
import type { BalanceRow } from "../../domain/portfolio/valuation.ts"
import { KrakenClient } from "../../services/KrakenClient.ts"
import { isoText } from "../kit/timeText.ts"
import { type Bounds, readLedger } from "./ledger.ts"
import { pricesNow, pricesThen } from "./pricing.ts"
import { readAs } from "./reads.ts"

/** Bounds of the reading of a whole ledger. A call ends before clients give up, and the next one goes on where it ended. */
export const wholeLedger: Bounds = { pages: 40, seconds: 40 }

/** The history of an account, read as far back as the bounds allow. */
export interface AccountHistory {
  readonly history: History
  /** True if nothing is missing: all entries were read, and before the first one nothing was held. */
  readonly isComplete: boolean
  /** Unix seconds now on Kraken's clock, and not before the newest entry. */
  readonly now: number
}

/** Reads the balances, and then the ledger. */
export const readHistory = Effect.fn("Portfolio.readHistory")(function* (
  directory: Directory,
  bounds: Bounds,
  balances?: Readonly<Record<string, BalanceRow>>
) {
  const rows = balances ?? (yield* readAs("private/BalanceEx"))
  const amounts = Rec.map(rows, ({ balance }) => D.parse(String(balance)) ?? D.zero)
  const isTokenized = (id: string) => directory.findAsset(id)?.asset.assetClass === "tokenized_asset"
  const { from, rows: entries } = yield* readLedger(bounds, Object.keys(rows).some(isTokenized))
  const all = readEntries(entries, directory)
  // Of the oldest moment, some entries might not have been read.
  const history = historyOf(
    all.filter(({ time }) => from === undefined || time > from),
    amounts,
    from,
    directory
  )
  const kraken = yield* KrakenClient
  const now = Math.max(DateTime.toEpochMillis(yield* kraken.now) / 1000, all.at(-1)?.time ?? 0)
  const isComplete = from === undefined && [...history.opening.values()].every(D.isZero)
  return { history, isComplete, now } satisfies AccountHistory
})

/** The conditions of an account of profit. */
export interface Asked {
  readonly currency: string
  readonly places: number
  readonly method: Method
  readonly since: number | undefined
  /** Unix seconds. Undefined: now. */
  readonly until: number | undefined
}

/** Accounts for a period with the prices of then, and for an end now with those of now. */
export const readProfit = Effect.fn("Portfolio.readProfit")(function* (
  { history, now }: AccountHistory,
  { until, ...asked }: Asked,
  directory: Directory,
  /** The prices now, if they were read before. */
  known?: (asset: string) => D.Decimal | undefined
) {
  const end = until === undefined ? now : Math.min(until, now)
  const needed = neededPrices(history, { ...asked, until: end }, routesTo(asked.currency, directory))
  const isNow = (time: number) => time === end && end === now
  const held = new Set(needed.flatMap(({ asset, time }) => (isNow(time) ? [asset] : [])))
  const price = known ?? (yield* pricesNow(held, asked.currency, directory))
  const past = needed.filter(({ time }) => !isNow(time))
  const { minutes, past: priceThen } = yield* pricesThen(past, asked.currency, directory, now)
  const profit = profitOf(history, {
    ...asked,
    until: end,
    priceAt: (asset, time) => (isNow(time) ? price(asset) : priceThen(asset, time))
  })
  return { profit, until: end, minutes }
})

/** Formats Unix seconds as ISO 8601, to the second. */
export const iso = (seconds: number): string => isoText({ seconds: Math.floor(seconds), fraction: "" })

/** The most lines that say what is missing. */
const mostLines = 8

/** Says in sentences what is missing from an account, the same facts once. */
export const missingLines = (
  { assets, missing }: Profit,
  { history, isComplete }: AccountHistory
): ReadonlyArray<string> => {
  const prices = new Map<string, Array<number>>()
  const sold = new Map<string, D.Decimal>()
  for (const fact of missing) {
    if (fact.fact === "price") prices.set(fact.asset, [...(prices.get(fact.asset) ?? []), fact.time])
    else sold.set(fact.asset, D.sum(sold.get(fact.asset) ?? D.zero, fact.amount))
  }
  const held = assets.filter(({ withoutCost }) => D.isPositive(withoutCost))
  const lines = [
    ...(isComplete || history.from === undefined
      ? []
      : [`entries before ${iso(history.from)}: call again to read more`]),
    ...(isComplete || history.from !== undefined
      ? []
      : ["entries older than the key or Kraken shows: the first ones do not begin at zero"]),
    ...held.map(({ asset, withoutCost }) => `cost of ${D.format(withoutCost)} ${asset} held`),
    ...Array.from(
      sold,
      ([asset, amount]) => `cost of ${D.format(amount)} ${asset} sold or withdrawn, whose gain is left out`
    ),
    ...Array.from(
      prices,
      ([asset, times]) =>
        `price of ${asset} at ${iso(Math.min(...times))}${times.length > 1 ? ` and ${times.length - 1} times later` : ""}`
    ),
    ...history.differing.map((asset) => `balance of ${asset} differs from its newest ledger entry`)
  ]
  return lines.length > mostLines ? [...lines.slice(0, mostLines), `and ${lines.length - mostLines} more facts`] : lines
}
