import { Schema } from "effect"

const Ids = Schema.Struct({
  txid: Schema.optional(Schema.Union(Schema.String, Schema.Array(Schema.String))),
  refid: Schema.optional(Schema.String),
  amend_id: Schema.optional(Schema.String),
  transfer_id: Schema.optional(Schema.String),
  id: Schema.optional(Schema.String),
  orders: Schema.optional(Schema.Array(Schema.Struct({ txid: Schema.optional(Schema.NullOr(Schema.String)) })))
})
const isIds = Schema.is(Ids)

/** The ids of what a write has made, by Kraken's result. */
export const idsIn = (result: unknown): ReadonlyArray<string> =>
  isIds(result)
    ? [
        result.txid ?? [],
        result.refid ?? [],
        result.amend_id ?? [],
        result.transfer_id ?? [],
        result.id ?? [],
        result.orders?.map(({ txid }) => txid ?? []) ?? []
      ].flat(2)
    : []
