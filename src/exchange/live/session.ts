import { Predicate } from "effect"
import { stringify } from "lossless-json"
import { parseJson } from "../../domain/wire/json.ts"
import { hash } from "../base/ids.ts"
import { isoMicros } from "../base/text.ts"
import { handle } from "../commands/handle.ts"
import { type Channel, takeChannelFault } from "../rest/faults.ts"
import type { RestExchange } from "../rest/restExchange.ts"
import type { Message } from "./message.ts"
import { type Fields, subscribe, type Subscriber, unsubscribe } from "./subscriptions.ts"

/** A text to be sent, or the order to cut the connection. */
export type Outgoing =
  | "cut"
  | {
      readonly text: string
      /** Delay in milliseconds. */
      readonly after: number
      /** True if all later texts of the connection wait for this one. */
      readonly holds: boolean
    }

/** A WebSocket connection to the simulated exchange: market data, or with `private` an account's data. */
export interface Session extends Subscriber {
  readonly id: bigint
  status: string
  /** Epoch milliseconds at which a text was last sent. */
  sent: number
}

/** Opens a session. `number` tells it from others. Returns also the first text, the exchange's status. */
export const openSession = (
  rest: RestExchange,
  at: { readonly private: boolean; readonly number: number; readonly clock: number }
): { readonly session: Session; readonly outgoing: ReadonlyArray<Outgoing> } => {
  const { exchange } = rest
  const id = BigInt(hash(exchange.settings.seed, at.number)) * 2n ** 32n + BigInt(at.number)
  const session = { private: at.private, id, subscriptions: new Map(), status: exchange.status, sent: at.clock }
  return { session, outgoing: [plain(statusText(rest, id))] }
}

/** Ends a session's subscriptions, so that their tokens can expire. */
export const closeSession = ({ subscriptions }: Session): void => {
  for (const { token } of subscriptions.values()) if (token !== undefined) token.uses--
  subscriptions.clear()
}

/** Answers a text of the client. `clock` is the caller's time in epoch milliseconds. */
export const receive = (rest: RestExchange, session: Session, text: string, clock: number): ReadonlyArray<Outgoing> => {
  advanceTo(rest, clock)
  const outgoing = [...updatesOf(rest, session), ...answersTo(rest, session, text)]
  if (outgoing.length > 0) session.sent = clock
  return outgoing
}

/**
 * Returns the texts that are due: what has changed since the last ones, or after a second of silence a heartbeat if
 * there is a subscription.
 *
 * @see https://docs.kraken.com/api/docs/websocket-v2/heartbeat read 2026-11-29
 */
export const due = (rest: RestExchange, session: Session, clock: number): ReadonlyArray<Outgoing> => {
  advanceTo(rest, clock)
  const outgoing = [...updatesOf(rest, session)]
  if (outgoing.length === 0 && session.subscriptions.size > 0 && clock - session.sent >= 1000)
    outgoing.push(plain(`{"channel":"heartbeat"}`))
  if (outgoing.length > 0) session.sent = clock
  return outgoing
}

const advanceTo = (rest: RestExchange, clock: number): void => {
  handle(rest.exchange, { endpoint: "control/Advance", now: clock + rest.ahead })
}

const plain = (text: string): Outgoing => ({ text, after: 0, holds: false })

const write = (value: object): string => stringify(value) ?? ""

const statusText = ({ exchange }: RestExchange, connection: bigint): string =>
  write({
    channel: "status",
    type: "update",
    data: [
      {
        version: "2.0.10",
        system: exchange.status,
        api_version: "v2",
        connection_id: connection,
        upcoming_maintenance: [],
        emergency: []
      }
    ]
  })

const updatesOf = function* (rest: RestExchange, session: Session): IterableIterator<Outgoing> {
  if (session.status !== rest.exchange.status) {
    session.status = rest.exchange.status
    yield plain(statusText(rest, session.id))
  }
  for (const { channel, feed } of session.subscriptions.values())
    for (const message of feed.updates()) yield* faulty(rest, channel, message)
}

/** Turns an update into texts, with the fault that is configured for it. */
const faulty = (rest: RestExchange, channel: Channel, message: Message): ReadonlyArray<Outgoing> => {
  const fault = takeChannelFault(rest.faults, channel)
  const text = write(message)
  const after = (fault?.seconds ?? 0) * 1000
  switch (fault?.kind) {
    case undefined:
      return [plain(text)]
    case "drop":
      return ["cut"]
    case "gap":
      return []
    case "wrong-checksum":
      return [plain(text.replace(/"checksum":(\d+)/, (_, sum) => `"checksum":${(Number(sum) + 1) % 2 ** 32}`))]
    case "duplicate":
      return [plain(text), plain(text)]
    case "late":
      return [{ text, after, holds: false }]
    case "slow":
      return [{ text, after, holds: true }]
  }
}

const answersTo = (rest: RestExchange, session: Session, text: string): ReadonlyArray<Outgoing> => {
  const request = readObject(text)
  const time = isoMicros(rest.exchange.now)
  const id = request?.["req_id"]
  if (id !== undefined && !Number.isInteger(id)) return [plain(refused("Malformed request", "error", time))]
  const more = id === undefined ? {} : { req_id: id }
  const { method, params = {} } = request ?? {}
  if (method === "ping") return [plain(write({ method: "pong", ...more, time_in: time, time_out: time }))]
  if ((method !== "subscribe" && method !== "unsubscribe") || !Predicate.isRecord(params))
    return [plain(refused("Malformed request", "error", time, more))]
  const results = method === "subscribe" ? subscribe(rest, session, params) : unsubscribe(session, params)
  return results.flatMap(({ messages = [], ...result }) => {
    if ("error" in result) return [plain(refused(result.error, method, time, { ...result.fields, ...more }))]
    const answer = { method, result: result.acknowledged, success: true, time_in: time, time_out: time, ...more }
    return [write(answer), ...messages.map(write)].map(plain)
  })
}

/**
 * Prints a refusal.
 *
 * @see https://docs.kraken.com/exchange/api-reference/spot-websocket-v2/trade read 2026-11-29
 */
const refused = (error: string, method: string, time: string, more: Fields = {}): string =>
  write({ error, method, success: false, time_in: time, time_out: time, ...more })

const readObject = (text: string): Fields | undefined => {
  try {
    const value = parseJson(text)
    return Predicate.isRecord(value) ? value : undefined
  } catch {
    return undefined
  }
}
