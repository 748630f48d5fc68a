import { Record as Rec } from "effect"
import { makeDirectory } from "../../domain/assets/directory.ts"
import * as D from "../../domain/numbers/decimal.ts"
import { historyOf, readEntries } from "../../domain/portfolio/ledger.ts"
import { gainOf, neededPrices, pairsNeeded } from "../../domain/portfolio/needed.ts"
import { candleLength, kept, priceAt, priceThrough, routesTo, type Series } from "../../domain/portfolio/prices.ts"
import { profitOf } from "../../domain/portfolio/profit.ts"
import { findAccount } from "../../exchange/accounts/accounts.ts"
import { findPair } from "../../exchange/catalogue/catalogue.ts"
import { AssetPairs, Assets } from "../../exchange/endpoints/system.ts"
import { lastPrice } from "../../exchange/engine/liquidity.ts"
import { type Exchange, pairStateOf } from "../../exchange/state/state.ts"
import { amountText, showEntry } from "../../exchange/wire/show.ts"

/** The currency in which paper accounts are valued, and its decimals. */
const [currency, places] = ["USD", 4]

/** The gains of a paper account since it began, as plain numbers in US dollars. */
export interface Gains {
  readonly currency: string
  readonly value: string
  /** Undefined if it is not known: see `unknown`. */
  readonly gain: string | undefined
  readonly deposits: string
  readonly withdrawals: string
  readonly rewards: string
  readonly realised: string
  readonly unrealised: string
  /** Already deducted from the rest. */
  readonly fees: string
  /** Facts that are not known, such as the price of an asset when it came. */
  readonly unknown: ReadonlyArray<string>
}

/**
 * Computes the gains of an account from its whole ledger, first in first out. It reads the exchange and does not change it.
 */
export const gainsOf = (exchange: Exchange, name: string): Gains | undefined => {
  const account = findAccount(exchange, name)
  if (account === undefined) return undefined
  const listed = (aclass: string) => ({
    assets: Assets(exchange, { aclass }),
    pairs: AssetPairs(exchange, { aclass_base: aclass })
  })
  const directory = makeDirectory({ currency: listed("currency"), tokenized_asset: listed("tokenized_asset") })
  const entries = readEntries(
    [...account.ledger].toReversed().map((entry) => [entry.id, showEntry(exchange, entry)] as const),
    directory
  )
  const balances = Object.fromEntries(
    Array.from(account.balances, ([id, amount]) => [id, D.decimal(amountText(exchange, id, amount))] as const)
  )
  const history = historyOf(entries, balances, undefined, directory)
  const until = exchange.now / 1000
  const terms = { currency, places, method: "fifo", since: undefined, until } as const
  const route = routesTo(currency, directory)

  const answers = Rec.fromEntries(
    pairsNeeded(neededPrices(history, terms, route), route).flatMap(({ pair: { altname, display }, time }) => {
      const pair = findPair(exchange.catalogue, altname)
      if (pair === undefined) return []
      const price = (value: bigint) => D.make(value, pair.priceDecimals)
      const minutes = candleLength(until - time)
      const candles = exchange.market
        .candles(pair, minutes, exchange.now, kept)
        .map(({ close, open, time }) => ({ time, open: price(open), close: price(close) }))
      // A market without a trade has no last price.
      const isKnown = exchange.market.last(pair, exchange.now) !== undefined
      const last = isKnown ? price(lastPrice(exchange, pairStateOf(exchange, pair))) : undefined
      return [[display, { series: { minutes, candles } satisfies Series, last }] as const]
    })
  )
  const profit = profitOf(history, {
    ...terms,
    priceAt: (asset, time) =>
      priceThrough(route(asset), (pair) => {
        const known = answers[pair]
        return known && (time === until ? known.last : priceAt(known.series, time))
      })
  })
  const { deposits, end, fees, realised, rewards, unrealised, withdrawals } = profit.total
  const gain = gainOf(profit)
  return {
    currency,
    value: D.format(end),
    gain: gain && D.format(gain),
    ...Rec.map({ deposits, withdrawals, rewards, realised, unrealised, fees }, D.format),
    unknown: [...new Set(profit.missing.map(({ asset, fact }) => `${fact} of ${asset}`))]
  }
}
