import { Effect } from "effect"
import type { Pair } from "../../../domain/assets/model.ts"
import { readTickerAnswer } from "../../../domain/live/restAnswers.ts"
import type { KrakenClient } from "../../../services/KrakenClient.ts"
import type { Names } from "../../../services/Names.ts"

/** The price of the last trade of a pair, which is named as Kraken displays it. */
interface Price {
  readonly pair: string
  readonly price: string
}

/**
 * Makes the request for the prices of pairs: one for each asset class, and one for each pair if Kraken refuses the list. A
 * price that cannot be read is left out.
 */
export const makeAskPrices = (kraken: typeof KrakenClient.Service, names: typeof Names.Service) => {
  const ask = (pairs: ReadonlyArray<Pair>, assetClass: Pair["assetClass"]) =>
    Effect.zipWith(
      kraken.read(
        "public/Ticker",
        {
          pair: pairs.map(({ altname }) => altname).join(","),
          ...(assetClass !== "currency" && { asset_class: assetClass })
        },
        { isFeed: true }
      ),
      names.directory,
      (answer, { findPair }): ReadonlyArray<Price> =>
        Object.entries(Object(answer)).flatMap(([key, row]) => {
          const pair = findPair(key)
          const ticker = readTickerAnswer({ [key]: row })
          return pair === undefined || ticker === undefined ? [] : [{ pair: pair.display, price: ticker.last }]
        })
    )

  const askOneByOne = (pairs: ReadonlyArray<Pair>, assetClass: Pair["assetClass"]) =>
    Effect.map(
      Effect.forEach(pairs, (pair) => Effect.orElseSucceed(ask([pair], assetClass), () => [])),
      (prices) => prices.flat()
    )

  return Effect.fnUntraced(function* (pairs: ReadonlyArray<Pair>) {
    const found: Array<Price> = []
    for (const assetClass of ["currency", "tokenized_asset"] as const) {
      const asked = pairs.filter((pair) => pair.assetClass === assetClass)
      if (asked.length === 0) continue
      const prices = ask(asked, assetClass).pipe(
        Effect.catchIf(
          ({ _tag }) => _tag === "KrakenRejection" || _tag === "KrakenArgumentsError",
          () => askOneByOne(asked, assetClass)
        ),
        Effect.catchAll(({ message }) => Effect.as(Effect.logDebug(`Prices of alerts can't be read: ${message}`), []))
      )
      found.push(...(yield* prices))
    }
    return found
  })
}
