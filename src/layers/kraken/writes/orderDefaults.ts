import { DateTime, Duration, Option } from "effect"
import { randomInt, randomUUID } from "node:crypto"
import type { Params } from "../../../domain/endpoints/endpoints.ts"
import { oneSpelling } from "../../../domain/orders/orderMatch.ts"
import type { UnconfirmedWrite, ProcedureContext } from "./writeProcedure.ts"
import type { Departure } from "./timing.ts"

/** Gives an order that its caller did not name a `cl_ord_id`, by which it can be found again. */
export const withClientId = (order: Params): Params => (isNamed(order) ? order : { ...order, cl_ord_id: randomUUID() })

/** Tells whether the caller named an order: such a name may belong to other orders too. */
export const isNamed = ({ cl_ord_id, userref }: Params): boolean => userref !== undefined || cl_ord_id !== undefined

/** Gives an edit, which takes no `cl_ord_id`, a `userref` that hardly any other order has. */
export const withUserref = (edit: Params): Params =>
  edit["userref"] === undefined ? { ...edit, userref: randomInt(1, 2 ** 31) } : edit

/** Sets the `deadline`, after which Kraken's engine refuses the order, where the caller gave none. */
export const withDeadline =
  (context: ProcedureContext) =>
  (params: Params, now: DateTime.Utc): Params =>
    params["deadline"] === undefined
      ? { ...params, deadline: DateTime.formatIso(DateTime.addDuration(now, context.deadline)) }
      : params

/** The moment after which Kraken's engine refuses what was sent. */
export interface Deadline {
  readonly at: DateTime.Utc
  /** How long after leaving that is, in milliseconds. */
  readonly span: number
  readonly departure: Departure
}

/** Kraken takes no deadline further ahead, in milliseconds. */
const longestSpan = Duration.toMillis("1 minute")

export const deadlineOf = ({ departure, params }: UnconfirmedWrite): Option.Option<Deadline> =>
  Option.map(typeof params["deadline"] === "string" ? DateTime.make(params["deadline"]) : Option.none(), (at) => ({
    at: DateTime.toUtc(at),
    span: Math.min(Math.max(DateTime.distance(departure.at, at), 0), longestSpan),
    departure
  }))

/** For writes that know no deadline. */
export const noDeadline = Option.none<Deadline>()

/** What an order is recognised by: its own id, or a `userref` and its terms. */
export const fingerprintOf = ({ cl_ord_id, pair, price, type, userref, volume }: Params): string =>
  JSON.stringify(cl_ord_id === undefined ? [userref, pair, type, oneSpelling(volume), oneSpelling(price)] : [cl_ord_id])
