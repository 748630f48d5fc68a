import { isEndpoint, isPrivate } from "../../domain/endpoints/endpoints.ts"
import { classicPermissions } from "../../domain/keys/permissions.ts"
import { findAccount } from "../accounts/accounts.ts"
import type { Key } from "../wire/Call.ts"
import type { Request } from "../wire/Request.ts"
import { chargeRest } from "../accounts/limits.ts"
import { oneOf } from "../wire/params.ts"
import { mayCall } from "../accounts/permissions.ts"
import { Refusal } from "../base/Refusal.ts"
import { changesState, controlRoutes, privateRoutes, publicRoutes } from "./routes.ts"
import type { Exchange } from "../state/state.ts"
import { advance } from "../engine/time.ts"

/**
 * What goes into Kraken's envelope. A `result` is JSON whose integers above 2^53 are bigints, except for
 * `RetrieveExport`, where it is the bytes of a ZIP.
 */
export type Answer = { readonly result: unknown } | { readonly errors: ReadonlyArray<string> }

const anything: Key = { id: "PAPER", name: "paper", permissions: classicPermissions }

/**
 * Let time pass up to the request's moment, then do what it asks: the one way to use an exchange. It answers errors
 * in Kraken's words and never throws for what a caller did; if it throws, the state may be half changed and must be
 * built again from the journal.
 */
export const handle = (x: Exchange, request: Request): Answer => perform(x, request, true)

/**
 * Do again what a journal has kept, with the same outcome. Reads are not in a journal, so the REST counter, which
 * they share, does not count here.
 */
export const replay = (x: Exchange, request: Request): Answer => perform(x, request, false)

/** To be raised with every change by which an old journal would lead to another state. */
export const journalFormat = 2

/**
 * Whether a journal must keep the request. One that was refused for its rate has changed nothing, on purpose; an
 * observation without news neither.
 */
export const mustKeep = (request: Pick<Request, "endpoint">, answer: Answer): boolean =>
  changesState(request.endpoint) &&
  !("errors" in answer && answer.errors.includes("EAPI:Rate limit exceeded")) &&
  !(request.endpoint === "control/Observe" && "result" in answer && Object(answer.result).news === false)

const perform = (x: Exchange, request: Request, countRest: boolean): Answer => {
  try {
    advance(x, request.now)
    return { result: dispatch(x, request, countRest) }
  } catch (refusal) {
    if (refusal instanceof Refusal) return { errors: refusal.errors }
    throw refusal
  }
}

const dispatch = (x: Exchange, { endpoint, ...request }: Request, countRest: boolean): unknown => {
  const params = request.params ?? {}
  const command = controlRoutes.get(endpoint)
  if (command !== undefined) return command(x, params)
  if (!isEndpoint(endpoint)) throw new Refusal("EGeneral:Unknown method")
  if (!isPrivate(endpoint)) {
    if (x.status === "maintenance" && endpoint !== "public/Time" && endpoint !== "public/SystemStatus")
      throw new Refusal("EService:Unavailable")
    return publicRoutes[endpoint](x, params)
  }
  if (x.status === "maintenance") throw new Refusal("EService:Unavailable")
  const key = request.key ?? anything
  const account = request.account === undefined ? undefined : findAccount(x, request.account)
  if (account === undefined) throw new Refusal("EAPI:Invalid key")
  if (!mayCall(endpoint, key.permissions)) throw new Refusal("EGeneral:Permission denied")
  if (countRest) chargeRest(x, key.id, endpoint)
  // Nothing here has been split or merged, so both ways to count tokenised assets come to the same.
  oneOf(params, "rebase_multiplier", ["rebased", "base"])
  return privateRoutes[endpoint](x, { params, account, key })
}
