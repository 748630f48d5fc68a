import { Option, Schema } from "effect"
import * as D from "../numbers/decimal.ts"
import type { Params } from "../endpoints/endpoints.ts"
import { isShort } from "../numbers/numberText.ts"

const Text = Schema.Union(Schema.String, Schema.Number)
const MaybeText = Schema.optional(Schema.NullOr(Text))

/** What an order of `OpenOrders`, `ClosedOrders` or `QueryOrders` is recognised by. Other fields are ignored. */
export const OrderRow = Schema.Struct({
  userref: MaybeText,
  cl_ord_id: MaybeText,
  status: Schema.String,
  opentm: Text,
  vol: MaybeText,
  descr: Schema.Struct({
    pair: Schema.String,
    type: Schema.String,
    ordertype: MaybeText,
    price: MaybeText,
    price2: MaybeText,
    order: MaybeText,
    close: MaybeText
  })
})
export type OrderRow = typeof OrderRow.Type

/** Orders by their txid. */
export const OrderRows = Schema.Record({ key: Schema.String, value: OrderRow })

/** When a request left. */
export interface SentTime {
  /** Unix seconds on Kraken's clock; our reading of it may be off. */
  readonly sentAt: number
  /** A clock was set meanwhile, or is hardly known: no time tells anything. */
  readonly inDoubt: boolean
}

/** An order that was sent and may exist. */
export interface SentOrder {
  readonly params: Params
  /** The id that names it (`cl_ord_id`, `userref`) was made by us for this one request; a caller's may be used again. */
  readonly hasOwnId: boolean
  readonly time: SentTime
}

/** `Date` headers count whole seconds, so that is how well Kraken's clock is usually known. */
const clockTolerance = 2

/** Where answers take long, or none has come yet, it is known less well. What is older than this is surely older. */
export const clockDoubt = 60

export type Likeness = "same" | "perhaps" | "other"

/** Tells whether something of `time` (Unix seconds) can be what was sent. In doubt, anything can. */
export const isSince = (time: unknown, { inDoubt, sentAt }: SentTime): Likeness => {
  if (inDoubt) return "perhaps"
  const early = sentAt - Number(time)
  return early <= clockTolerance ? "same" : early <= clockDoubt ? "perhaps" : "other"
}

/**
 * Tells whether an order that Kraken lists is the one that was sent. A `cl_ord_id` decides; so does a `userref` with
 * pair, side, volume and price. An id of our own outranks time, since nothing else can bear it; with a caller's, the
 * order must not be older than the request. `perhaps`: everything fits, but Kraken shows neither id, or its age is in
 * doubt.
 */
export const likeness = (row: OrderRow, sent: SentOrder, samePair: (a: string, b: string) => boolean): Likeness => {
  const { cl_ord_id: clientId, pair, type, userref } = sent.params
  const shown = clientId === undefined ? row.userref : row.cl_ord_id
  const id = clientId ?? userref
  if (isGiven(shown) && String(shown) !== String(id)) return "other"
  const isOwn = sent.hasOwnId && isGiven(shown)
  const since = isOwn ? "same" : isSince(row.opentm, sent.time)
  if (since === "other") return "other"
  if (clientId !== undefined && isGiven(shown)) return since
  const fits =
    (type === undefined || row.descr.type === type) &&
    samePair(row.descr.pair, String(pair)) &&
    sameTerms(row, sent.params)
  if (!fits) return isOwn ? "perhaps" : "other"
  return isGiven(shown) ? since : "perhaps"
}

/** Volume and price as sent, where they can be compared: relative prices and volumes in quote currency can't. */
const sameTerms = (row: OrderRow, { oflags, price, volume }: Params): boolean =>
  (String(oflags).includes("viqc") || sameNumber(row.vol, volume)) && sameNumber(row.descr.price, price)

/** Equal as numbers; true where one of them is no plain number, since then nothing speaks against it. */
export const sameNumber = (shown: unknown, sent: unknown): boolean => {
  const both = Option.all([plain(shown), plain(sent)])
  return Option.isNone(both) || D.equals(...both.value)
}

/** A price with a sign is relative. */
const plain = (value: unknown): Option.Option<D.Decimal> =>
  typeof value === "string" && !(isShort(value) && /^\d+(\.\d+)?$/.test(value))
    ? Option.none()
    : isGiven(value)
      ? D.parse(String(value))
      : Option.none()

/** One spelling for equal numbers; other text as it is. */
export const oneSpelling = (value: unknown): unknown =>
  Option.getOrElse(Option.map(plain(value), D.format), () => value)

const isGiven = (value: unknown): boolean => value !== undefined && value !== null && value !== ""
