import { DateTime, Duration, Option } from "effect"
import { randomInt, randomUUID } from "node:crypto"
import type { Params } from "../../../domain/endpoints/endpoints.ts"
import { oneSpelling } from "../../../domain/orders/orderMatch.ts"
import type { Departure } from "./timing.ts"
import type { ProcedureContext, UnconfirmedWrite } from "./writeProcedure.ts"

/** Adds a `cl_ord_id`, by which the order can be found, to an order that its caller did not name. */
export const withClientId = (order: Params): Params => (isNamed(order) ? order : { ...order, cl_ord_id: randomUUID() })

/** Tells whether the caller named an order. Other orders can have the same name. */
export const isNamed = ({ cl_ord_id, userref }: Params): boolean => userref !== undefined || cl_ord_id !== undefined

/**
 * Adds a random `userref`, by which the new order can be found, to an edit without one. An edit takes no `cl_ord_id`.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/edit-order read 2026-08-17
 */
export const withUserref = (edit: Params): Params =>
  edit["userref"] === undefined ? { ...edit, userref: randomInt(1, 2 ** 31) } : edit

/**
 * Adds a `deadline`, after which Kraken's engine refuses the order, unless the caller gave one.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/add-order read 2026-08-17
 */
export const withDeadline =
  (context: Pick<ProcedureContext, "deadline">) =>
  (params: Params, now: DateTime.Utc): Params =>
    params["deadline"] === undefined
      ? { ...params, deadline: DateTime.formatIso(DateTime.addDuration(now, context.deadline)) }
      : params

/** The moment after which Kraken's engine refuses an order that was sent. */
export interface Deadline {
  readonly at: DateTime.Utc
  /** Milliseconds from the earliest moment of the departure to the deadline. */
  readonly span: number
  readonly departure: Departure
}

/**
 * The longest span of a deadline that Kraken accepts, in milliseconds.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/add-order read 2026-08-17
 */
const longestSpan = Duration.toMillis("1 minute")

/** Reads the deadline that a write was sent with. None if there is none or it is not a date. */
export const deadlineOf = ({ departure, params }: UnconfirmedWrite): Option.Option<Deadline> =>
  Option.map(typeof params["deadline"] === "string" ? DateTime.make(params["deadline"]) : Option.none(), (at) => ({
    at: DateTime.toUtc(at),
    span: departure.window + spanTo(at, DateTime.add(departure.at, { millis: departure.window })),
    departure
  }))

/** Milliseconds from a moment to a deadline, as many as Kraken accepts at most. */
const spanTo = (deadline: DateTime.DateTime, from: DateTime.DateTime): number =>
  Math.min(Math.max(DateTime.distance(from, deadline), 0), longestSpan)

/** Milliseconds after it was sent for which Kraken's engine can still accept a write that is sent now. */
export const expiryOf = (context: Pick<ProcedureContext, "deadline">, params: Params, now: DateTime.Utc): number =>
  typeof params["deadline"] === "string"
    ? Option.match(DateTime.make(params["deadline"]), {
        onNone: () => longestSpan,
        onSome: (deadline) => spanTo(deadline, now)
      })
    : Duration.toMillis(context.deadline)

/** For writes to endpoints without a `deadline`. */
export const noDeadline = Option.none<Deadline>()

/** Makes the fingerprint of an order: its `cl_ord_id`, or its `userref` and terms. */
export const fingerprintOf = ({ cl_ord_id, pair, price, type, userref, volume }: Params): string =>
  JSON.stringify(cl_ord_id === undefined ? [userref, pair, type, oneSpelling(volume), oneSpelling(price)] : [cl_ord_id])
