import { isEndpoint, isPrivate } from "../../domain/endpoints/endpoints.ts"
import { classicPermissions } from "../../domain/keys/permissions.ts"
import { findAccount } from "../accounts/accounts.ts"
import type { Key } from "../wire/call.ts"
import type { Request } from "../wire/request.ts"
import { chargeRest } from "../accounts/limits.ts"
import { oneOf } from "../wire/params.ts"
import { mayCall } from "../accounts/permissions.ts"
import { Refusal } from "../base/refusal.ts"
import { changesState, controlRoutes, privateRoutes, publicRoutes } from "./routes.ts"
import type { Exchange } from "../state/state.ts"
import { advance } from "../engine/time.ts"

/**
 * Result or errors, as they go into Kraken's envelope. A `result` is JSON whose integers above 2^53 are bigints, except
 * for `RetrieveExport`, where it is the bytes of a ZIP.
 */
export type Answer = { readonly result: unknown } | { readonly errors: ReadonlyArray<string> }

const fullKey: Key = { id: "PAPER", name: "paper", permissions: classicPermissions }

/**
 * Advances the exchange to the request's moment, then executes the request. This is the only way to use an exchange. It
 * answers errors in Kraken's words and never throws because of a caller's mistake. If it throws, the state might be
 * half changed and must be rebuilt from the journal.
 */
export const handle = (exchange: Exchange, request: Request): Answer => perform(exchange, request, true)

/**
 * Replays a journalled request with the same outcome. A journal has no reads, so the REST counter, which reads and
 * writes share, is not charged.
 */
export const replay = (exchange: Exchange, request: Request): Answer => perform(exchange, request, false)

/** Version of the journal. Raise it with every change that makes an old journal lead to another state. */
export const journalFormat = 2

/**
 * Returns true if a journal must keep the request. A request refused for its rate has deliberately changed nothing, and
 * neither has a snapshot without news.
 */
export const mustJournal = (request: Pick<Request, "endpoint">, answer: Answer): boolean =>
  changesState(request.endpoint) &&
  !("errors" in answer && answer.errors.includes("EAPI:Rate limit exceeded")) &&
  !(request.endpoint === "control/Observe" && "result" in answer && Object(answer.result).news === false)

const perform = (exchange: Exchange, request: Request, countRest: boolean): Answer => {
  try {
    advance(exchange, request.now)
    return { result: dispatch(exchange, request, countRest) }
  } catch (refusal) {
    if (refusal instanceof Refusal) return { errors: refusal.errors }
    throw refusal
  }
}

const dispatch = (exchange: Exchange, { endpoint, ...request }: Request, countRest: boolean): unknown => {
  const params = request.params ?? {}
  const command = controlRoutes.get(endpoint)
  if (command !== undefined) return command(exchange, params)
  if (!isEndpoint(endpoint)) throw new Refusal("EGeneral:Unknown method")
  if (!isPrivate(endpoint)) {
    if (exchange.status === "maintenance" && endpoint !== "public/Time" && endpoint !== "public/SystemStatus")
      throw new Refusal("EService:Unavailable")
    return publicRoutes[endpoint](exchange, params)
  }
  if (exchange.status === "maintenance") throw new Refusal("EService:Unavailable")
  const key = request.key ?? fullKey
  const account = request.account === undefined ? undefined : findAccount(exchange, request.account)
  if (account === undefined) throw new Refusal("EAPI:Invalid key")
  if (!mayCall(endpoint, key.permissions)) throw new Refusal("EGeneral:Permission denied")
  if (countRest) chargeRest(exchange, key.id, endpoint)
  // Simulated tokenised assets are never split or merged, so both ways to count them give the same result.
  oneOf(params, "rebase_multiplier", ["rebased", "base"])
  return privateRoutes[endpoint](exchange, { params, account, key })
}
