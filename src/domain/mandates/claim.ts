import { Schema } from "effect"

/** A field that is left out or has a value, never `undefined`. */
const optional = <A, I>(field: Schema.Schema<A, I>) => Schema.optionalWith(field, { exact: true })

/** The scope of limits that all callers of an account share. A scope of one caller is the subject of its mandate. */
export const everyone = "*"

/** The name under which a withdrawal counts against the limit of its address. */
export const withdrawBucket = (address: string, asset: string): string => `withdraw:${address}:${asset}`

/** A limit against which a spend counts: `rate` is the value of one unit of the spent asset, frozen when it was reserved. */
export const Count = Schema.Struct({
  /** The subject of a mandate, or `*` for the limits of the server. */
  scope: Schema.String,
  /** The limit: a currency such as `USD` for the limits of spending, `withdraw:KEY:USD` for those of an address. */
  bucket: Schema.String,
  /** A decimal. */
  rate: Schema.String
})
export type Count = typeof Count.Type

/** The order of a spend. */
export const SpentOrder = Schema.Struct({
  /** Its row in a batch, from 0. */
  index: Schema.Int,
  cl_ord_id: optional(Schema.String),
  /** The display name of its pair. */
  pair: Schema.String,
  type: Schema.Literal("buy", "sell"),
  /** The highest volume in base currency and the highest price at which it can be filled, after all amendments. */
  volume: Schema.String,
  price: optional(Schema.String),
  /** True if it only reduces what its scope owns. */
  reduces: Schema.Boolean
})
export type SpentOrder = typeof SpentOrder.Type

/**
 * The most that a write can take from the account, of one asset: an order, the orders that its fills make, a withdrawal, a
 * transfer, an allocation. Amounts are decimals; assets have display names.
 */
export const Spend = Schema.Struct({
  kind: Schema.Literal("order", "funds", "earn"),
  /** The asset that leaves: the quote of a buy, the base of a sell. */
  asset: Schema.String,
  /** The most of it that can leave, fees included. For an amendment: the most by which that grows. */
  amount: Schema.String,
  /** The asset that comes in: the base of a buy, the quote of a sell. Absent if nothing does. */
  gets: optional(Schema.String),
  /** The limits that it counts against; none for an order that only reduces. */
  counts: Schema.Array(Count),
  order: optional(SpentOrder),
  /** For an amendment: the place in the record of the order whose bound it raises, and that bound when it was judged. */
  raises: optional(
    Schema.Struct({
      intent: Schema.Int,
      n: Schema.Int,
      from: Schema.Struct({ amount: Schema.String, volume: Schema.String, price: optional(Schema.String) })
    })
  ),
  /** For all orders that the fills of one order make: the number of that order's spend in the same claim. */
  parent: optional(Schema.Int)
})
export type Spend = typeof Spend.Type

/** The spends of one write, made under a mandate or under limits of the server. Those of orders come first, in their order. */
export const Claim = Schema.Struct({
  /** The subject of the caller's mandate. Absent if the caller has none. */
  subject: optional(Schema.String),
  revision: optional(Schema.Int),
  spends: Schema.Array(Spend)
})
export type Claim = typeof Claim.Type

/** The state of a spend whose orders were read back. Amounts are totals since they were placed. */
export const Progress = Schema.Struct({
  /** The row of the intent and the number of the spend there. */
  intent: Schema.Int,
  n: Schema.Int,
  /** Absent for the orders that fills of another one made. */
  txid: optional(Schema.String),
  /** The amounts of the spent asset that left, fees included, by the time of the fill in Unix milliseconds. */
  paid: Schema.Array(Schema.Struct({ at: Schema.Int, amount: Schema.String })),
  /** The amount of the other asset that came in, less fees. */
  got: Schema.String,
  /** The number of its orders that are open. */
  open: Schema.Int,
  /** True if no further fill is possible. */
  closed: Schema.Boolean
})
export type Progress = typeof Progress.Type
