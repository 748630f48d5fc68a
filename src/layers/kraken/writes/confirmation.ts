import { Option, Schema } from "effect"
import type { Params } from "../../../domain/endpoints/endpoints.ts"
import { classifyWrite } from "../../../domain/wire/errors.ts"

/**
 * Whether Kraken's `result` holds what its endpoint promises of a write that happened. A success without it is looked up
 * like a lost answer.
 */
export type Confirmation = (result: unknown, sent: Params) => boolean

const Id = Schema.NonEmptyString

/** An object that names what was made in one field. */
export const holds = (field: "amend_id" | "id" | "refid" | "transfer_id"): Confirmation =>
  Schema.is(Schema.Struct({ [field]: Id }))

export const isTrue: Confirmation = (result) => result === true

/** `WithdrawCancel` says in a boolean whether the withdrawal was canceled. */
export const isBoolean: Confirmation = Schema.is(Schema.Boolean)

/** How many orders were canceled. */
export const holdsCount: Confirmation = Schema.is(Schema.Struct({ count: Schema.Number }))

/** The times of `CancelAllOrdersAfter`. */
export const holdsTimes: Confirmation = Schema.is(Schema.Struct({ currentTime: Id, triggerTime: Id }))

/** `true` as documented, or whether the operation is still pending, as one client has recorded it. */
export const isAccepted: Confirmation = Schema.is(
  Schema.Union(Schema.Literal(true), Schema.Struct({ pending: Schema.Boolean }))
)

export const holdsToken: Confirmation = Schema.is(Schema.Struct({ token: Id, expires: Schema.Number }))

export const holdsAddresses: Confirmation = Schema.is(Schema.NonEmptyArray(Schema.Struct({ address: Id })))

/** `{"delete": true}` or `{"cancel": true}`. */
export const isRemoval: Confirmation = Schema.is(
  Schema.Union(Schema.Struct({ delete: Schema.Boolean }), Schema.Struct({ cancel: Schema.Boolean }))
)

const isPlaced = Schema.is(Schema.Struct({ txid: Schema.NonEmptyArray(Id) }))

/** An order that is only checked gets no id. */
export const isOrder: Confirmation = (result, sent) => sent["validate"] === true || isPlaced(result)

const Empty = Schema.optional(Schema.NullOr(Schema.Literal("")))
const isReplaced = Schema.is(
  Schema.Struct({
    txid: Id,
    error_message: Empty,
    /** `Ok` or `Err`, as documented; `ok` as seen; some answers have none. */
    status: Schema.optional(Schema.NullOr(Schema.String.pipe(Schema.filter((status) => !/^err/i.test(status)))))
  })
)

export const isEdit: Confirmation = (result, sent) => sent["validate"] === true || isReplaced(result)

const isPlacedRow = Schema.is(Schema.Struct({ txid: Id, error: Empty }))
const isRefusedRow = Schema.is(Schema.Struct({ txid: Empty, error: Id }))
const decodeRows = Schema.decodeUnknownOption(Schema.Struct({ orders: Schema.Array(Schema.Unknown) }))

/** A row for each order, with its id or its error. */
export const isBatch: Confirmation = (result, sent) => {
  if (sent["validate"] === true) return true
  const rows = rowsOf(result, sent)
  return rows.length > 0 && rows.every((row) => isPlacedRow(row) || refusalIn(row) !== undefined)
}

/** The errors of those orders in a batch that were definitely refused, at their places. */
export const refusalsIn = (result: unknown, sent: Params): ReadonlyArray<string | undefined> =>
  rowsOf(result, sent).map(refusalIn)

/** None if there is not one for each order: it could not be told whose is whose. */
const rowsOf = (result: unknown, { orders }: Params): ReadonlyArray<unknown> => {
  const rows = Option.match(decodeRows(result), { onNone: () => [], onSome: ({ orders }) => orders })
  return Array.isArray(orders) && orders.length === rows.length ? rows : []
}

const refusalIn = (row: unknown): string | undefined =>
  isRefusedRow(row) && classifyWrite([row.error])._tag !== "NoVerdict" ? row.error : undefined
