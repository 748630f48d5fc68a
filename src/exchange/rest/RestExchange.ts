import { handle } from "../commands/handle.ts"
import { Refusal } from "../base/Refusal.ts"
import { isEndpoint } from "../../domain/endpoints/endpoints.ts"
import type { Exchange } from "../state/state.ts"
import { authenticate } from "./authenticate.ts"
import { readForm } from "./body.ts"
import { type Fault, takeFault } from "./faults.ts"
import { type ApiKey, forEngine } from "./keys.ts"
import { ok, refused, type Reply, unknownMethod } from "./reply.ts"
import type { Request } from "./Request.ts"
import { keepOffLists, type Unlisted, withoutUnlisted } from "./unlisted.ts"

/** What becomes of a request: an answer or a cut connection, after so many milliseconds. */
export interface Outcome {
  readonly reply: Reply | "cut"
  readonly after: number
  /** How far the `Date` of the answer is ahead of the exchange's clock, in milliseconds. */
  readonly dateAhead?: number
  /** The request has not arrived yet: it is for `arrive`, so many milliseconds later. */
  readonly arrivesAfter?: number
}

/** An exchange as clients of its REST API meet it, with one account that all keys belong to. */
export interface RestExchange {
  readonly exchange: Exchange
  readonly account: string
  readonly keys: ReadonlyMap<string, ApiKey>
  readonly faults: Array<Fault>
  readonly unlisted: Unlisted
  /** How far its clock has been put forward, in milliseconds. */
  ahead: number
}

/** Carry a request out, or let it go wrong as somebody has wished. `clock` is the epoch milliseconds outside. */
export const answer = (rest: RestExchange, request: Request, clock: number): Outcome => {
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

/** Carry out a request that was held up on its way, and that nobody waits for any more. */
export const arrive = (rest: RestExchange, request: Request, clock: number): void => {
  const endpoint = endpointOf(request)
  if (endpoint !== undefined) carryOut(rest, request, endpoint, clock + rest.ahead)
}

interface Endpoint {
  readonly scope: "public" | "private"
  readonly name: string
}

/** Public endpoints are asked with GET, private ones with POST; anything else does not exist, and case counts. */
const endpointOf = ({ method, path }: Request): Endpoint | undefined => {
  const [, scope, name = ""] = /^\/0\/(public|private)\/(.+)$/.exec(path) ?? []
  if (!isEndpoint(`${scope}/${name}`)) return undefined
  if (scope === "public" && (method === "GET" || method === "HEAD")) return { scope, name }
  return scope === "private" && method === "POST" ? { scope, name } : undefined
}

/** Does what is asked; what is made is listed only so many milliseconds later. */
const carryOut = (
  rest: RestExchange,
  request: Request,
  { name, scope }: Endpoint,
  now: number,
  unlisted = 0
): Reply => {
  const { exchange } = rest
  const endpoint = `${scope}/${name}`
  if (scope === "public") return show(handle(exchange, { endpoint, params: readForm(request.query), now }))
  // Kraken says that it is away before it looks at who asks.
  if (exchange.status === "maintenance") return refused(["EService:Unavailable"])
  // A wallet account other than the key's own can't be chosen here: better no answer than another account's.
  if ("account_id" in readForm(request.query)) return refused(["EGeneral:Invalid arguments:account_id"])
  try {
    const { key, params } = authenticate(request, rest.keys, { now, locksOut: exchange.settings.rateLimits })
    const answer = handle(exchange, { endpoint, params, account: rest.account, key: forEngine(key), now })
    if ("errors" in answer) return show(answer)
    if (unlisted > 0) keepOffLists(rest.unlisted, answer.result, now + unlisted)
    return ok(withoutUnlisted(rest.unlisted, name, answer.result, now))
  } catch (refusal) {
    if (refusal instanceof Refusal) return refused(refusal.errors)
    throw refusal
  }
}

const show = (answer: ReturnType<typeof handle>): Reply =>
  "errors" in answer ? refused(answer.errors) : ok(answer.result)
