import { Predicate } from "effect"
import { parseJson } from "../../domain/wire/json.ts"
import { handle } from "../commands/handle.ts"
import { readFault } from "./faults.ts"
import type { RestExchange } from "./restExchange.ts"
import type { HttpRequest } from "./httpRequest.ts"
import { ok, refused, type Reply } from "./reply.ts"

/** The most seconds by which one call advances the clock. */
const maxSeconds = 366 * 86_400

/**
 * Executes an operator's request to a simulated exchange, as JSON over HTTP. Kraken has no such interface. All answers
 * come in Kraken's envelope; an invalid request gets an error in a sentence, with HTTP 400.
 *
 *     GET    /admin           returns its time, status, market and configured faults
 *     POST   /admin/faults    {"endpoint": "AddOrder", "kind": "drop-after-accept", "count": 1}: the next requests to the
 *                             endpoint (`*`: to any) fail; {"kind": "delay", "seconds": 20} delays their answers;
 *                             {"endpoint": "book", "kind": "gap"} concerns the next updates of a WebSocket channel
 *     DELETE /admin/faults    removes all faults
 *     POST   /admin/status    {"status": "online" | "maintenance" | "cancel_only" | "post_only"}; of one pair with
 *                             {"pair": "XBTUSD", "status": "online" | "cancel_only" | "post_only" | "limit_only" | "reduce_only"}
 *     POST   /admin/advance   {"seconds": 3600}: advances the clock and processes everything up to the new time
 *     POST   /admin/price     {"pair": "XBTUSD", "price": "95000"}: moves the market of a pair to a price, from which it
 *                             goes on; orders that the price reaches are filled or triggered
 *     POST   /admin/deposit   {"asset": "XBT", "amount": "0.5", "at_once": true}: deposits an amount; without at_once it
 *                             is credited after three minutes
 *     POST   /admin/fail      {"refid": "FT…"}: fails a pending deposit or withdrawal; {} fails all pending ones
 */
export const administer = (rest: RestExchange, { body, method, path }: HttpRequest, clock: number): Reply => {
  const command = commands[`${method} ${path}`]
  if (command === undefined) return refused([`There is no ${method} ${path}: see mcp-kraken exchange --help.`], 404)
  const params = method === "POST" ? readObject(body) : {}
  if (params === undefined) return refused(["Send a JSON object."], 400)
  const result = command(rest, params, clock)
  return typeof result === "string" ? refused([result], 400) : ok(result)
}

type Params = Readonly<Record<string, unknown>>

/** Executes an operator's command. Returns the result, or an error as a sentence. */
type Command = (rest: RestExchange, params: Params, clock: number) => object | string

const describeExchange: Command = ({ ahead, exchange, faults }, _, clock) => ({
  now: new Date(clock + ahead).toISOString(),
  ahead_seconds: ahead / 1000,
  status: exchange.status,
  market: exchange.market.name,
  faults
})

/** Executes one of the engine's own commands. */
const control =
  (endpoint: string, more: (rest: RestExchange) => Params = () => ({})): Command =>
  (rest, params, clock) => {
    const now = clock + rest.ahead
    const answer = handle(rest.exchange, { endpoint, params: { ...params, ...more(rest) }, now })
    return "errors" in answer ? answer.errors.join("; ") : Object(answer.result)
  }

const commands: Readonly<Record<string, Command>> = {
  "GET /admin": describeExchange,
  "POST /admin/faults": (rest, params, clock) => {
    const fault = readFault(params)
    if (typeof fault === "string") return fault
    rest.faults.push(fault)
    return describeExchange(rest, params, clock)
  },
  "DELETE /admin/faults": (rest, params, clock) => {
    rest.faults.length = 0
    return describeExchange(rest, params, clock)
  },
  "POST /admin/status": (rest, params, clock) =>
    control(params["pair"] === undefined ? "control/SystemStatus" : "control/PairStatus")(rest, params, clock),
  "POST /admin/advance": (rest, params, clock) => {
    const seconds = Number(params["seconds"])
    if (!(seconds > 0 && seconds <= maxSeconds)) return `seconds is a number up to ${maxSeconds}.`
    rest.ahead += Math.round(seconds * 1000)
    control("control/Advance")(rest, {}, clock)
    return describeExchange(rest, params, clock)
  },
  "POST /admin/price": control("control/Price"),
  "POST /admin/deposit": control("control/Deposit", ({ account }) => ({ account })),
  "POST /admin/fail": control("control/FailTransfers")
}

const readObject = (body: Uint8Array): Params | undefined => {
  try {
    const value = parseJson(new TextDecoder().decode(body))
    return Predicate.isRecord(value) ? value : undefined
  } catch {
    return undefined
  }
}
