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

/** Reads the ids that a write created from Kraken's result. The `txid` beside an `amend_id` is of an older order. */
export const createdIdsIn = (result: unknown): ReadonlyArray<string> => {
  if (!isIds(result)) return []
  if (result.amend_id !== undefined) return [result.amend_id]
  return [
    result.txid ?? [],
    result.refid ?? [],
    result.transfer_id ?? [],
    result.id ?? [],
    result.orders?.map(({ txid }) => txid ?? []) ?? []
  ].flat(2)
}
