import { Option, Schema } from "effect"
import * as D from "./decimal.ts"
import type { Params } from "./endpoints.ts"

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
    order: MaybeText
  })
})
export type OrderRow = typeof OrderRow.Type

/** Orders by their txid. */
export const OrderRows = Schema.Record({ key: Schema.String, value: OrderRow })

/** An order that was sent and may exist. */
export interface SentOrder {
  readonly params: Params
  /** Unix seconds on Kraken's clock when the request left; our reading of it may be off by `clockTolerance`. */
  readonly sentAt: number
}

/** `Date` headers count whole seconds, so that is how well Kraken's clock is known. */
export const clockTolerance = 2

export type Likeness = "same" | "perhaps" | "other"

/**
 * Whether an order that Kraken lists is the one that was sent. A `cl_ord_id` decides; so does a `userref` with pair,
 * side, volume and price. `perhaps`: everything fits, but Kraken shows neither id.
 */
export const likeness = (row: OrderRow, sent: SentOrder, samePair: (a: string, b: string) => boolean): Likeness => {
  if (Number(row.opentm) < sent.sentAt - clockTolerance) return "other"
  const { cl_ord_id: clientId, pair, type, userref } = sent.params
  const shown = clientId === undefined ? row.userref : row.cl_ord_id
  const id = clientId ?? userref
  if (isGiven(shown) && String(shown) !== String(id)) return "other"
  if (clientId !== undefined && isGiven(shown)) return "same"
  const fits = row.descr.type === type && samePair(row.descr.pair, String(pair)) && sameTerms(row, sent.params)
  if (!fits) return "other"
  return isGiven(shown) ? "same" : "perhaps"
}

/** Volume and price as sent, where they were sent as plain numbers; relative prices can't be compared. */
const sameTerms = (row: OrderRow, { price, volume }: Params): boolean =>
  sameNumber(row.vol, volume) && sameNumber(row.descr.price, price)

/** Equal as numbers; true where one of them is no plain number, since then nothing speaks against it. */
export const sameNumber = (shown: unknown, sent: unknown): boolean => {
  const both = Option.all([plain(shown), plain(sent)])
  return Option.isNone(both) || D.equals(...both.value)
}

const plain = (value: unknown): Option.Option<D.Decimal> =>
  typeof value === "string" && !D.pattern.test(value)
    ? Option.none()
    : isGiven(value)
      ? D.parse(String(value))
      : Option.none()

const isGiven = (value: unknown): boolean => value !== undefined && value !== null && value !== ""
