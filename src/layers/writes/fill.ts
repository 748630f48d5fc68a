import { DateTime, Option } from "effect"
import { randomInt, randomUUID } from "node:crypto"
import type { Params } from "../../domain/endpoints.ts"
import { oneSpelling } from "../../domain/orderMatch.ts"
import type { Desk } from "./Attempt.ts"

/** Gives an order that its caller did not name a `cl_ord_id`, by which it can be found again. */
export const withClientId = (order: Params): Params =>
  order["userref"] === undefined && order["cl_ord_id"] === undefined ? { ...order, cl_ord_id: randomUUID() } : order

/** Gives an edit, which takes no `cl_ord_id`, a `userref` that hardly any other order has. */
export const withUserref = (edit: Params): Params =>
  edit["userref"] === undefined ? { ...edit, userref: randomInt(1, 2 ** 31) } : edit

/** Sets the `deadline`, after which Kraken's engine refuses the order, where the caller gave none. */
export const withDeadline =
  (desk: Desk, params: Params) =>
  (now: DateTime.Utc): Params =>
    params["deadline"] === undefined
      ? { ...params, deadline: DateTime.formatIso(DateTime.addDuration(now, desk.deadline)) }
      : params

export const deadlineOf = (params: Params): Option.Option<DateTime.Utc> =>
  typeof params["deadline"] === "string" ? DateTime.make(params["deadline"]) : Option.none()

/** For writes that know no deadline. */
export const noDeadline = Option.none<DateTime.Utc>()

/** What an order is recognised by: its own id, or a `userref` and its terms. */
export const lookOf = ({ cl_ord_id, pair, price, type, userref, volume }: Params): string =>
  JSON.stringify(cl_ord_id === undefined ? [userref, pair, type, oneSpelling(volume), oneSpelling(price)] : [cl_ord_id])
