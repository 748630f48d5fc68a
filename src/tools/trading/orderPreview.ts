import { Effect, Option, Schema } from "effect"
import type { Directory, Pair } from "../../domain/assets/model.ts"
import { endpoints, type Result } from "../../domain/endpoints/endpoints.ts"
import * as D from "../../domain/numbers/decimal.ts"
import { readBook, touchOf } from "../../domain/orders/book.ts"
import { limitOf } from "../../domain/orders/limitPrices.ts"
import { hasTrigger } from "../../domain/orders/triggerRules.ts"
import { isAbsolute, orderTypes, readPrice, type Terms } from "../../domain/orders/orders.ts"
import type { OwnOrder, PreviewFacts } from "../../domain/orders/preview.ts"
import { minimaOf, previewOrder } from "../../domain/orders/previewOrder.ts"
import { KrakenClient } from "../../services/KrakenClient.ts"
import { optionalText, optionalTexts } from "../kit/answerFields.ts"
import { tryRead } from "../kit/extraReads.ts"
import { freeOf } from "../kit/fundsHints.ts"
import { optional } from "../kit/fields.ts"
import * as Rows from "../kit/rows.ts"
import { tickerParams } from "./marketChecks.ts"

/** Levels of the book that a preview reads on each side: as many as Kraken gives. */
const shownLevels = 500

const texts = optional(Schema.Record({ key: Schema.String, value: Schema.String }))

/** The fields of a preview. Costs and fees are in quote currency, slippage in percent of the best price. */
export const Preview = {
  happens: Schema.Literal("take", "take_and_rest", "take_part", "rest", "trigger", "cancel"),
  volume: optionalText,
  filled: Schema.String,
  avg_price: optionalText,
  slippage: optionalText,
  limit: optionalText,
  trigger: optionalText,
  best: texts,
  value: optionalText,
  fee: optionalText,
  fee_as_taker: optionalText,
  fee_as_maker: optionalText,
  fee_rates: texts,
  free_after: texts,
  minimum: texts,
  warnings: optionalTexts
}
export type Preview = Schema.Struct.Type<typeof Preview>

/**
 * Previews an order whose size is a plain volume. Fails if the order book cannot be read. What else cannot be read is
 * named in a warning.
 */
export const previewOf = Effect.fnUntraced(function* (terms: Terms, pair: Pair, directory: Directory) {
  const kraken = yield* KrakenClient
  const { levels, ...others } = yield* Effect.all(
    {
      levels: readLevels(kraken, pair),
      last: needsLast(terms) ? readLast(pair) : Effect.succeed(undefined),
      fees: readFees(pair),
      free: readFree(pair, directory),
      own: readOwn(pair, directory)
    },
    { concurrency: "unbounded" }
  )
  if (levels === undefined) return undefined
  const { fees, free, last, own } = others
  const facts: PreviewFacts = {
    pair,
    decimals: { base: decimalsOf(directory, pair.base), quote: decimalsOf(directory, pair.quote) },
    levels,
    shownLevels,
    last,
    rates: fees,
    free,
    own
  }
  const preview = previewOrder(terms, facts)
  const { averagePrice, fee, freeAfter, happens, limit, slippage, trigger, value } = preview
  const text = (value: D.Decimal | undefined) => value && D.format(value)
  const [ask, bid] = [touchOf(levels, "buy"), touchOf(levels, "sell")]
  const [base, quote] = [directory.assetDisplay(pair.base), directory.assetDisplay(pair.quote)]
  return Rows.compact({
    happens,
    volume: text(D.sum(preview.filled, preview.waiting)),
    filled: D.format(preview.filled),
    avg_price: text(averagePrice),
    slippage,
    limit: text(limit),
    trigger: text(trigger),
    best: Rows.compact({ bid: text(bid), ask: text(ask) }),
    value: text(value),
    fee: text(fee?.expected),
    fee_as_taker: text(fee?.asTaker),
    fee_as_maker: text(fee?.asMaker),
    fee_rates: fees && { taker: `${D.format(fees.taker)}%`, maker: `${D.format(fees.maker)}%`, of: fees.of },
    free_after: freeAfter && { [base]: D.format(freeAfter.base), [quote]: D.format(freeAfter.quote) },
    minimum: minimaOf(pair),
    warnings: preview.warnings
  })
})

const decimalsOf = (directory: Directory, asset: string) => directory.findAsset(asset)?.asset.decimals ?? 10

const numberOf = (value: string | number | null | undefined): D.Decimal | undefined =>
  value === undefined || value === null ? undefined : D.parse(String(value))

/** Reads the order book. Undefined if it is no proof of any price. */
const readLevels = (kraken: typeof KrakenClient.Service, pair: Pair) =>
  kraken.read("public/Depth", { ...tickerParams(pair.altname, pair), count: shownLevels }).pipe(
    Effect.flatMap(Schema.decodeUnknown(endpoints["public/Depth"].result)),
    Effect.map(({ rows: { asks, bids } }) => readBook({ asks: asks.map(levelOf), bids: bids.map(levelOf) })),
    Effect.catchTag("ParseError", () => Effect.succeed(undefined))
  )

const levelOf = ([price, volume]: ReadonlyArray<unknown>) => [String(price), String(volume)] as const

/** Checks that a price of the order counts from the last one. */
const needsLast = (order: Terms): boolean =>
  hasTrigger(order.ordertype) ||
  [order.price, order.price2].some((text) => {
    const price = text === undefined ? undefined : readPrice(text)
    return price !== undefined && !isAbsolute(price)
  })

const readLast = (pair: Pair) =>
  Effect.map(tryRead("public/Ticker", tickerParams(pair.altname, pair)), (found) =>
    numberOf(Option.getOrUndefined(Option.map(found, (rows) => Object.values(rows)[0]?.c?.[0])))
  )

/** Reads the fees of the account's tier, else those that Kraken publishes for the first tier. */
const readFees = Effect.fnUntraced(function* (pair: Pair) {
  const volume = yield* tryRead("private/TradeVolume", tickerParams(pair.altname, pair))
  if (Option.isSome(volume)) {
    const [taker, maker] = [volume.value.fees, volume.value.fees_maker].map((fees) =>
      numberOf(Object.values(fees ?? {})[0]?.fee)
    )
    if (taker !== undefined) return { taker, maker: maker ?? taker, of: "your tier" }
  }
  const { asset_class, ...params } = tickerParams(pair.altname, pair)
  const listed = yield* tryRead("public/AssetPairs", {
    ...params,
    ...(asset_class !== undefined && { aclass_base: asset_class })
  })
  const row = Option.getOrUndefined(Option.map(listed, (rows) => Object.values(rows)[0]))
  const [taker, maker] = [row?.fees, row?.fees_maker].map((fees) => numberOf(fees?.[0]?.[1]))
  return taker === undefined ? undefined : { taker, maker: maker ?? taker, of: "the public first tier" }
})

/** Reads what is free of both assets. */
const readFree = (pair: Pair, directory: Directory) =>
  Effect.map(
    tryRead("private/BalanceEx", {}),
    Option.match({
      onNone: () => undefined,
      onSome: (rows) => {
        const free = (asset: string) => {
          const name = directory.assetDisplay(asset)
          const row = Object.entries(rows).find(([id]) => directory.assetDisplay(id) === name)?.[1]
          return row === undefined ? D.zero : freeOf(row)
        }
        return { base: free(pair.base), quote: free(pair.quote) }
      }
    })
  )

/** Reads the account's own orders in the book of the pair. */
const readOwn = (pair: Pair, directory: Directory) =>
  Effect.map(
    tryRead("private/OpenOrders", {}),
    Option.match({
      onNone: () => undefined,
      onSome: ({ open }) => Object.entries(open).flatMap(([txid, order]) => ownOrder(txid, order, pair, directory))
    })
  )

const ownOrder = (
  txid: string,
  { descr }: Result<"private/OpenOrders">["open"][string],
  pair: Pair,
  directory: Directory
): ReadonlyArray<OwnOrder> => {
  const { ordertype, type } = descr
  const known = orderTypes.find((name) => name === ordertype)
  if (known === undefined || hasTrigger(known) || (type !== "buy" && type !== "sell")) return []
  const price = limitOf({ ordertype: known, price: String(descr.price ?? "") })
  return price === undefined || directory.findPair(descr.pair)?.id !== pair.id ? [] : [{ txid, type, price }]
}
