import { Option, Schema } from "effect"
import type { Params } from "../../../domain/endpoints/endpoints.ts"
import { classifyWrite } from "../../../domain/wire/errors.ts"

/**
 * Tells whether Kraken's `result` has the ids or values that the endpoint promises for a write that happened. A success
 * without them is looked up like a lost answer.
 */
export type Confirmation = (result: unknown, sent: Params) => boolean

const Id = Schema.NonEmptyString

/** Confirms an object with the id of the created item in this field. */
export const holds = (field: "amend_id" | "id" | "refid" | "transfer_id"): Confirmation =>
  Schema.is(Schema.Struct({ [field]: Id }))

export const isTrue: Confirmation = (result) => result === true

/**
 * `WithdrawCancel` answers `true` if the withdrawal was canceled and `false` if it was not.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/cancel-withdrawal read 2026-08-17
 */
export const isBoolean: Confirmation = Schema.is(Schema.Boolean)

/**
 * The number of orders that a cancel canceled.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/cancel-order read 2026-08-17
 */
export const holdsCount: Confirmation = Schema.is(Schema.Struct({ count: Schema.Number }))

/**
 * The times that `CancelAllOrdersAfter` answers.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/cancel-all-orders-after read 2026-08-17
 */
export const holdsTimes: Confirmation = Schema.is(Schema.Struct({ currentTime: Id, triggerTime: Id }))

/**
 * The answer of an Earn operation: `true` as documented, or an object with `pending`, as one client recorded it.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/allocate-strategy read 2026-08-17
 */
export const isAccepted: Confirmation = Schema.is(
  Schema.Union(Schema.Literal(true), Schema.Struct({ pending: Schema.Boolean }))
)

export const holdsToken: Confirmation = Schema.is(Schema.Struct({ token: Id, expires: Schema.Number }))

export const holdsAddresses: Confirmation = Schema.is(Schema.NonEmptyArray(Schema.Struct({ address: Id })))

/**
 * The answer of `RemoveExport`: `{"delete": true}` or `{"cancel": true}`.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/remove-export read 2026-08-17
 */
export const isRemoval: Confirmation = Schema.is(
  Schema.Union(Schema.Struct({ delete: Schema.Boolean }), Schema.Struct({ cancel: Schema.Boolean }))
)

const isPlaced = Schema.is(Schema.Struct({ txid: Schema.NonEmptyArray(Id) }))

/**
 * Confirms an order by its `txid`. An order with `validate` is only checked and gets none.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/add-order read 2026-08-17
 */
export const isOrder: Confirmation = (result, sent) => sent["validate"] === true || isPlaced(result)

const Empty = Schema.optional(Schema.NullOr(Schema.Literal("")))
const isReplaced = Schema.is(
  Schema.Struct({
    txid: Id,
    error_message: Empty,
    /**
     * `Ok` or `Err` as documented, `ok` as recorded. Some answers have none.
     *
     * @see https://docs.kraken.com/api/docs/rest-api/edit-order read 2026-08-17
     */
    status: Schema.optional(Schema.NullOr(Schema.String.pipe(Schema.filter((status) => !/^err/i.test(status)))))
  })
)

export const isEdit: Confirmation = (result, sent) => sent["validate"] === true || isReplaced(result)

const isPlacedRow = Schema.is(Schema.Struct({ txid: Id, error: Empty }))
const isRefusedRow = Schema.is(Schema.Struct({ txid: Empty, error: Id }))
const decodeRows = Schema.decodeUnknownOption(Schema.Struct({ orders: Schema.Array(Schema.Unknown) }))

/** Confirms a batch that has a row for each order, with its id or its error. */
export const isBatch: Confirmation = (result, sent) => {
  if (sent["validate"] === true) return true
  const rows = rowsOf(result, sent)
  return rows.length > 0 && rows.every((row) => isPlacedRow(row) || refusalIn(row) !== undefined)
}

/** Reads the errors of the orders in a batch that were definitely refused, each at the index of its order. */
export const refusalsIn = (result: unknown, sent: Params): ReadonlyArray<string | undefined> =>
  rowsOf(result, sent).map(refusalIn)

/** Reads the rows of a batch. None unless each order has one: rows do not show to which order they belong. */
const rowsOf = (result: unknown, { orders }: Params): ReadonlyArray<unknown> => {
  const rows = Option.match(decodeRows(result), { onNone: () => [], onSome: ({ orders }) => orders })
  return Array.isArray(orders) && orders.length === rows.length ? rows : []
}

const refusalIn = (row: unknown): string | undefined =>
  isRefusedRow(row) && classifyWrite([row.error])._tag !== "NoAnswer" ? row.error : undefined
