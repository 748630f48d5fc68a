import { Either, ParseResult, Schema } from "effect"
import type { Params } from "../endpoints/endpoints.ts"
import { isDecimal, isShort } from "../numbers/numberText.ts"
import { closeTypes, orderTypes, readPrice } from "../orders/orders.ts"
import { type Judged, uncheckable } from "./refusal.ts"

const optional = <A, I>(field: Schema.Schema<A, I>) => Schema.optionalWith(field, { exact: true })

const Name = Schema.String.pipe(Schema.maxLength(200))

/** A number or time that this program does not calculate with. */
const Short = Schema.String.pipe(Schema.filter(isShort))

const Amount = Schema.String.pipe(Schema.filter((text) => isDecimal(text) && !text.startsWith("-")))

const Positive = Amount.pipe(Schema.filter((text) => /[1-9]/.test(text)))

const Price = Schema.String.pipe(Schema.filter((text) => readPrice(text) !== undefined))

const AssetClass = optional(Schema.Literal("currency", "tokenized_asset"))

/** Flags of an order. Others are refused, since they could change what it spends. */
const flags: ReadonlyArray<string> = ["post", "fcib", "fciq", "viqc"]

/** A list that is written as text with commas in requests. */
const Flags = Schema.transform(Schema.Union(Name, Schema.Array(Name).pipe(Schema.maxItems(10))), Schema.Array(Name), {
  strict: true,
  decode: (given) => (typeof given === "string" ? given.split(",") : given).map((flag) => flag.trim()),
  encode: (list) => list
}).pipe(Schema.filter((list) => list.every((flag) => flags.includes(flag))))

/** The fields that each order has. */
const order = {
  type: Schema.Literal("buy", "sell"),
  ordertype: Schema.Literal(...orderTypes),
  volume: Amount,
  price: optional(Price),
  price2: optional(Price),
  displayvol: optional(Amount),
  trigger: optional(Schema.Literal("last", "index")),
  leverage: optional(Schema.String.pipe(Schema.pattern(/^(none|([2-9]|[1-9]\d{1,3})(:1)?)$/))),
  reduce_only: optional(Schema.Boolean),
  stptype: optional(Schema.Literal("cancel-newest", "cancel-oldest", "cancel-both")),
  oflags: optional(Flags),
  timeinforce: optional(Schema.Literal("GTC", "IOC", "GTD", "FOK")),
  starttm: optional(Short),
  expiretm: optional(Short),
  userref: optional(Schema.Int),
  cl_ord_id: optional(Name),
  close: optional(
    Schema.Struct({ ordertype: Schema.Literal(...closeTypes), price: optional(Price), price2: optional(Price) })
  )
}

/** The fields that all orders of a call share. */
const shared = {
  pair: Name,
  asset_class: AssetClass,
  deadline: optional(Name),
  broker: optional(Name),
  validate: optional(Schema.Boolean),
  repeat: optional(Schema.Boolean)
}

export const OrderFields = Schema.Struct(order)
export type OrderFields = typeof OrderFields.Type

export const AddOrder = Schema.Struct({ ...shared, ...order })
export type AddOrder = typeof AddOrder.Type

export const AddOrderBatch = Schema.Struct({
  ...shared,
  orders: Schema.Array(OrderFields).pipe(Schema.minItems(1), Schema.maxItems(15))
})
export type AddOrderBatch = typeof AddOrderBatch.Type

export const AmendOrder = Schema.Struct({
  txid: optional(Name),
  cl_ord_id: optional(Name),
  order_qty: optional(Positive),
  display_qty: optional(Positive),
  limit_price: optional(Price),
  trigger_price: optional(Price),
  pair: optional(Name),
  post_only: optional(Schema.Boolean),
  deadline: optional(Name),
  repeat: optional(Schema.Boolean)
})
export type AmendOrder = typeof AmendOrder.Type

export const Withdraw = Schema.Struct({
  asset: Name,
  key: Name,
  amount: Positive,
  address: optional(Name),
  max_fee: optional(Amount),
  aclass: AssetClass,
  // An amount of tokens, with `base`, is another amount than that by which balances are counted.
  rebase_multiplier: optional(Schema.Literal("rebased")),
  repeat: optional(Schema.Boolean)
})
export type Withdraw = typeof Withdraw.Type

/**
 * A transfer to Kraken Futures, the only one that Kraken has.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/wallet-transfer read 2026-08-17
 */
export const WalletTransfer = Schema.Struct({
  asset: Name,
  from: Schema.Literal("Spot Wallet"),
  to: Schema.Literal("Futures Wallet"),
  amount: Positive,
  repeat: optional(Schema.Boolean)
})

export const AccountTransfer = Schema.Struct({
  asset: Name,
  amount: Positive,
  from: Name,
  to: Name,
  asset_class: AssetClass,
  repeat: optional(Schema.Boolean)
})

export const EarnChange = Schema.Struct({ strategy_id: Name, amount: Positive, repeat: optional(Schema.Boolean) })

/**
 * Reads the parameters of a write. A parameter that is not listed is refused, as is a value that could mean two things.
 * The values are copied: those that were judged are those that are sent.
 */
export const readFields = <A, I>(schema: Schema.Schema<A, I>, params: Params): Judged<A> =>
  Either.orElse(Schema.decodeUnknownEither(schema, { onExcessProperty: "error" })(given(params)), (error) => {
    const [issue] = ParseResult.ArrayFormatter.formatErrorSync(error)
    const field = (issue?.path ?? []).map(String).join(".").slice(0, 60)
    return uncheckable("the parameters of the write", `${field === "" ? "one" : field} is unknown or has another form`)
  })

/** Reads parameters once: they are read to find the facts that a judgement needs, and again to judge. */
const readOnce = <A, I>(schema: Schema.Schema<A, I>) => {
  const read = new WeakMap<Params, Judged<A>>()
  return (params: Params): Judged<A> => {
    const fields = read.get(params) ?? readFields(schema, params)
    read.set(params, fields)
    return fields
  }
}

/** Read the parameters of orders. */
export const readAddOrder = readOnce(AddOrder)
export const readAddOrderBatch = readOnce(AddOrderBatch)
export const readAmendOrder = readOnce(AmendOrder)

/** Leaves out parameters that are not sent, also in the rows of a list. */
const given = (value: unknown, depth = 0): unknown => {
  if (Array.isArray(value)) return value.map((item) => given(item, depth + 1))
  if (typeof value !== "object" || value === null || depth > 3) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== undefined && item !== null)
      .map(([name, item]) => [name, given(item, depth + 1)])
  )
}
