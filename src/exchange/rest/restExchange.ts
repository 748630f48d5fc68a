import { handle } from "../commands/handle.ts"
import { Refusal } from "../base/refusal.ts"
import { isEndpoint } from "../../domain/endpoints/endpoints.ts"
import type { Exchange } from "../state/state.ts"
import { authenticate } from "./authenticate.ts"
import { readForm } from "./body.ts"
import { type Fault, takeFault } from "./faults.ts"
import { type ApiKey, forEngine } from "./keys.ts"
import { ok, refused, type Reply, unknownMethod } from "./reply.ts"
import type { HttpRequest } from "./httpRequest.ts"
import { keepToken, type Tokens } from "./tokens.ts"
import { keepOffLists, type Unlisted, withoutUnlisted } from "./unlisted.ts"

/** The outcome of a request: an answer or a cut connection, after a delay in milliseconds. */
export interface Outcome {
  readonly reply: Reply | "cut"
  readonly after: number
  /** Milliseconds by which the answer's `Date` is ahead of the exchange's clock. */
  readonly dateAhead?: number
  /** Delay in milliseconds after which the request must be given to `arrive`; undefined if it has already arrived. */
  readonly arrivesAfter?: number
}

/** A simulated exchange behind Kraken's REST API, with one account that all keys belong to. */
export interface RestExchange {
  readonly exchange: Exchange
  readonly account: string
  readonly keys: ReadonlyMap<string, ApiKey>
  readonly faults: Array<Fault>
  readonly unlisted: Unlisted
  /** Tokens for the WebSocket that are still known. */
  readonly tokens: Tokens
  /** Milliseconds by which the exchange's clock is ahead of the caller's. */
  ahead: number
}

/** Executes a request, or applies the fault configured for it. `clock` is the caller's time in epoch milliseconds. */
export const answer = (rest: RestExchange, request: HttpRequest, clock: number): Outcome => {
  const endpoint = endpointOf(request)
  if (endpoint === undefined) return { reply: unknownMethod, after: 0 }
  const fault = takeFault(rest.faults, endpoint.name)
  const millis = (fault?.seconds ?? 0) * 1000
  const unlisted = fault?.late === "listing" ? millis : 0
  const reply = fault?.done === false ? undefined : carryOut(rest, request, endpoint, clock + rest.ahead, unlisted)
  return {
    reply: fault?.instead ?? reply ?? "cut",
    after: fault?.late === "answer" ? millis : 0,
    ...(fault?.late === "date" && { dateAhead: millis }),
    ...(fault?.late === "arrival" && { arrivesAfter: millis })
  }
}

/** Executes a delayed request whose connection has already been cut. */
export const arrive = (rest: RestExchange, request: HttpRequest, clock: number): void => {
  const endpoint = endpointOf(request)
  if (endpoint !== undefined) carryOut(rest, request, endpoint, clock + rest.ahead)
}

interface Endpoint {
  readonly scope: "public" | "private"
  readonly name: string
}

/**
 * Finds the endpoint of a request. Public endpoints require GET or HEAD, private ones POST. Names are case-sensitive.
 */
const endpointOf = ({ method, path }: HttpRequest): Endpoint | undefined => {
  const [, scope, name = ""] = /^\/0\/(public|private)\/(.+)$/.exec(path) ?? []
  if (!isEndpoint(`${scope}/${name}`)) return undefined
  if (scope === "public" && (method === "GET" || method === "HEAD")) return { scope, name }
  return scope === "private" && method === "POST" ? { scope, name } : undefined
}

/**
 * Executes a request. `unlisted` is the delay in milliseconds after which new orders, amendments and withdrawals appear
 * in lists.
 */
const carryOut = (
  rest: RestExchange,
  request: HttpRequest,
  { name, scope }: Endpoint,
  now: number,
  unlisted = 0
): Reply => {
  const { exchange } = rest
  const endpoint = `${scope}/${name}`
  if (scope === "public") return show(handle(exchange, { endpoint, params: readForm(request.query), now }))
  // Kraken reports maintenance before it authenticates the caller.
  if (exchange.status === "maintenance") return refused(["EService:Unavailable"])
  // Only the key's own wallet account is simulated. Refusing is better than answering for a different account.
  if ("account_id" in readForm(request.query)) return refused(["EGeneral:Invalid arguments:account_id"])
  try {
    const { key, params } = authenticate(request, rest.keys, { now, locksOut: exchange.settings.rateLimits })
    const answer = handle(exchange, { endpoint, params, account: rest.account, key: forEngine(key), now })
    if ("errors" in answer) return show(answer)
    if (name === "GetWebSocketsToken") keepToken(rest.tokens, answer.result, key, now)
    if (unlisted > 0) keepOffLists(rest.unlisted, answer.result, now + unlisted)
    return ok(withoutUnlisted(rest.unlisted, name, answer.result, now))
  } catch (refusal) {
    if (refusal instanceof Refusal) return refused(refusal.errors)
    throw refusal
  }
}

const show = (answer: ReturnType<typeof handle>): Reply =>
  "errors" in answer ? refused(answer.errors) : ok(answer.result)
