import { Schema } from "effect"

/** The ids (txid, refid, amend_id …) that recent writes of this process created. No later write can have created them. */
export interface CreatedIds {
  readonly add: (ids: ReadonlyArray<string>) => void
  readonly has: (id: string) => boolean
}

/** Ids that are remembered. Beyond that, the oldest ones are forgotten. */
const capacity = 1000

export const makeCreatedIds = (): CreatedIds => {
  const known = new Set<string>()
  return {
    has: (id) => known.has(id),
    add: (ids) => {
      for (const id of ids) known.add(id)
      for (const id of known) {
        if (known.size <= capacity) break
        known.delete(id)
      }
    }
  }
}

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
