import { Schema } from "effect"
import * as D from "../numbers/decimal.ts"
import type { Params } from "../endpoints/endpoints.ts"
import { isShort } from "../numbers/numberText.ts"

const Text = Schema.Union(Schema.String, Schema.Number)
const MaybeText = Schema.optional(Schema.NullOr(Text))

/**
 * The fields of `OpenOrders`, `ClosedOrders` and `QueryOrders` by which a sent order is recognised. Other fields are
 * ignored.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/get-open-orders read 2026-08-17
 */
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

/** Orders keyed by txid. */
export const OrderRows = Schema.Record({ key: Schema.String, value: OrderRow })

/** The time at which a request left. */
interface SentTime {
  /** Unix seconds on Kraken's clock, which is only known approximately. */
  readonly sentAt: number
  /** True if a clock was set meanwhile or Kraken's clock is hardly known. Times then prove nothing. */
  readonly inDoubt: boolean
}

/** An order that was sent and might exist. */
export interface SentOrder {
  readonly params: Params
  /**
   * True if this program generated the identifying `cl_ord_id` or `userref` for this one request. A caller might use
   * its own id again.
   */
  readonly hasOwnId: boolean
  readonly time: SentTime
}

/** Seconds by which Kraken's clock is usually uncertain, since `Date` headers have whole seconds. */
const clockTolerance = 2

/**
 * Seconds by which Kraken's clock is uncertain if answers are slow or none has come yet. An order older than this
 * definitely existed before the request.
 */
export const clockDoubt = 60

type Likeness = "same" | "perhaps" | "other"

/**
 * Compares the time of a listed item (Unix seconds) with that of the request. In doubt, any item is `perhaps` the one
 * sent.
 */
export const isSince = (time: unknown, { inDoubt, sentAt }: SentTime): Likeness => {
  if (inDoubt) return "perhaps"
  const early = sentAt - Number(time)
  return early <= clockTolerance ? "same" : early <= clockDoubt ? "perhaps" : "other"
}

/**
 * Compares an order that Kraken lists with the one that was sent. A `cl_ord_id` decides, and so does a `userref`
 * together with pair, side, volume and price. An id that this program generated outranks time, since no other order can
 * have it. With a caller's id, the order must not be older than the request. `perhaps`: everything fits, but Kraken
 * shows neither id, or the order's age is in doubt; or only the caller's id fits.
 */
export const likeness = (row: OrderRow, sent: SentOrder, samePair: (a: string, b: string) => boolean): Likeness => {
  const { cl_ord_id: clientId, pair, type, userref } = sent.params
  const shown = clientId === undefined ? row.userref : row.cl_ord_id
  const id = clientId ?? userref
  if (isGiven(shown) && String(shown) !== String(id)) return "other"
  const isOwn = sent.hasOwnId && isGiven(shown)
  const since = isOwn ? "same" : isSince(row.opentm, sent.time)
  if (since === "other") return "other"
  const fits =
    (type === undefined || row.descr.type === type) &&
    samePair(row.descr.pair, String(pair)) &&
    sameTerms(row, sent.params)
  // Others can have chosen the same id as a caller, and an amendment changes terms.
  if (clientId !== undefined && isGiven(shown)) return isOwn || fits ? since : "perhaps"
  if (!fits) return isOwn ? "perhaps" : "other"
  return isGiven(shown) ? since : "perhaps"
}

/**
 * Compares volume and price with those sent, if they are comparable. Relative prices and volumes in quote currency are
 * not.
 */
const sameTerms = (row: OrderRow, { oflags, price, volume }: Params): boolean =>
  (String(oflags).includes("viqc") || sameNumber(row.vol, volume)) && sameNumber(row.descr.price, price)

/**
 * Compares two values as numbers. True if one of them is not a plain number, since nothing then contradicts equality.
 */
export const sameNumber = (shown: unknown, sent: unknown): boolean => {
  const [one, other] = [plain(shown), plain(sent)]
  return one === undefined || other === undefined || D.equals(one, other)
}

/** Reads a number without a sign. Undefined for a signed price, which is relative. */
const plain = (value: unknown): D.Decimal | undefined => {
  const isOtherText = typeof value === "string" && !(isShort(value) && /^\d+(\.\d+)?$/.test(value))
  return isOtherText || !isGiven(value) ? undefined : D.parse(String(value))
}

/** Normalizes a number so that equal numbers have one spelling. Other text is returned unchanged. */
export const oneSpelling = (value: unknown): unknown => {
  const number = plain(value)
  return number === undefined ? value : D.format(number)
}

const isGiven = (value: unknown): boolean => value !== undefined && value !== null && value !== ""
