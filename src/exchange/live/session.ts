import { Predicate } from "effect"
import { stringify } from "lossless-json"
import { findAccount } from "../accounts/accounts.ts"
import { mayCall } from "../accounts/permissions.ts"
import { hash } from "../base/ids.ts"
import { isoMicros } from "../base/text.ts"
import type { Pair } from "../catalogue/pairs.ts"
import { handle } from "../commands/handle.ts"
import { parseJson } from "../../domain/wire/json.ts"
import { type Channel, isChannel, takeChannelFault } from "../rest/faults.ts"
import type { RestExchange } from "../rest/restExchange.ts"
import { findToken, type WebSocketToken } from "../rest/tokens.ts"
import { balances } from "./balances.ts"
import { executions } from "./executions.ts"
import { book, depths, instrument, intervals, ohlc, ticker, trade } from "./marketFeeds.ts"
import type { Feed, Message } from "./message.ts"

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

interface Subscription {
  readonly channel: Channel
  readonly feed: Feed
  readonly token: WebSocketToken | undefined
}

/** A WebSocket connection to the simulated exchange: market data, or with `private` an account's data. */
export interface Session {
  readonly private: boolean
  readonly id: bigint
  /** Subscriptions by channel, pair and interval, so that there are only as many as the exchange has channels. */
  readonly subscriptions: Map<string, Subscription>
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

type Fields = Readonly<Record<string, unknown>>

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

type Result = (
  | { readonly error: string; readonly fields?: Fields }
  | { readonly acknowledged: { readonly [field: string]: unknown } }
) & { readonly messages?: ReadonlyArray<Message> }

const privateChannels: ReadonlyArray<Channel> = ["executions", "balances"]

const subscribe = (rest: RestExchange, session: Session, params: Fields): ReadonlyArray<Result> => {
  const { channel } = params
  if (!isChannel(channel)) return [{ error: "Subscription name invalid" }]
  const asksPrivate = privateChannels.includes(channel)
  if (asksPrivate !== session.private) return [{ error: asksPrivate ? elsewhere.private : elsewhere.public }]
  const options = readOptions(params)
  if (typeof options === "string") return [{ error: options }]
  if (channel === "executions" || channel === "balances") return [subscribePrivate(rest, session, channel, params)]
  if (channel === "instrument")
    return [start(session, { channel, key: channel }, () => instrument(rest.exchange, options.snapshot ?? true))]
  const symbols = symbolsOf(params)
  if (symbols === undefined) return [{ error: "Symbol(s) missing" }]
  return symbols.map((symbol) => {
    const pair = findSymbol(rest, symbol)
    if (pair === undefined) return { error: `Currency pair not supported ${symbol}`, fields: { symbol } }
    const key = keyOf(channel, symbol, options.interval)
    return start(session, { channel, key, symbol }, () => marketFeed(rest, channel, pair, options))
  })
}

/** @see https://docs.kraken.com/exchange/guides/websockets/introduction read 2026-11-29 */
const elsewhere = {
  private: "Private data and trading are unavailable on this endpoint. Try ws-auth.kraken.com",
  public: "Public market data subscriptions are unavailable on this endpoint. Try ws.kraken.com"
}

interface Options {
  readonly snapshot: boolean | undefined
  readonly depth: number
  readonly interval: number
  readonly trigger: "trades" | "bbo"
}

const readOptions = ({ depth = 10, event_trigger = "trades", interval = 1, snapshot }: Fields): Options | string => {
  const knownDepth = depths.find((each) => each === depth)
  const knownInterval = intervals.find((each) => each === interval)
  if (knownDepth === undefined) return "Subscription depth not supported"
  if (knownInterval === undefined) return "Subscription ohlc interval not supported"
  if (event_trigger !== "trades" && event_trigger !== "bbo") return "EGeneral:Invalid arguments:event_trigger"
  if (snapshot !== undefined && typeof snapshot !== "boolean") return "EGeneral:Invalid arguments:snapshot"
  return { snapshot, depth: knownDepth, interval: knownInterval, trigger: event_trigger }
}

const marketFeed = (
  { exchange }: RestExchange,
  channel: "ticker" | "book" | "trade" | "ohlc",
  pair: Pair,
  { depth, interval, snapshot, trigger }: Options
): Feed => {
  switch (channel) {
    case "ticker":
      return ticker(exchange, pair, trigger, snapshot ?? true)
    case "book":
      return book(exchange, pair, depth, snapshot ?? true)
    case "trade":
      return trade(exchange, pair, snapshot ?? false)
    case "ohlc":
      return ohlc(exchange, pair, interval, snapshot ?? true)
  }
}

const subscribePrivate = (
  rest: RestExchange,
  session: Session,
  channel: "executions" | "balances",
  params: Fields
): Result => {
  const { exchange } = rest
  const flag = (name: string, otherwise: boolean) => (params[name] === undefined ? otherwise : params[name] === true)
  const token = findToken(rest.tokens, params["token"], exchange.now)
  const account = findAccount(exchange, rest.account)
  const fields = { channel, status: "error" }
  if (token === undefined || account === undefined) return { error: "ESession:Invalid session", fields }
  const needed = channel === "executions" ? "private/OpenOrders" : "private/Balance"
  if (!mayCall(needed, token.key.permissions)) return { error: "EGeneral:Permission denied", fields }
  return start(session, { channel, key: channel, token }, () =>
    channel === "balances"
      ? balances(exchange, account, flag("snapshot", true))
      : executions(exchange, account, {
          orders: flag("snap_orders", true),
          trades: flag("snap_trades", false),
          statuses: flag("order_status", true)
        })
  )
}

const start = (
  { subscriptions }: Session,
  of: {
    readonly channel: Channel
    readonly key: string
    readonly symbol?: string
    readonly token?: WebSocketToken
  },
  make: () => Feed
): Result => {
  const { channel, key, symbol, token } = of
  const named = symbol === undefined ? {} : { symbol }
  if (subscriptions.has(key)) return { error: "Already subscribed", fields: named }
  const feed = make()
  if (token !== undefined) token.uses++
  subscriptions.set(key, { channel, feed, token })
  const snapshot = feed.snapshot()
  return {
    acknowledged: { channel, ...feed.acknowledged, ...named },
    messages: snapshot === undefined ? [] : [snapshot]
  }
}

const unsubscribe = ({ subscriptions }: Session, params: Fields): ReadonlyArray<Result> => {
  const { channel } = params
  const options = readOptions(params)
  if (!isChannel(channel)) return [{ error: "Subscription name invalid" }]
  if (typeof options === "string") return [{ error: options }]
  const alone = channel === "instrument" || privateChannels.includes(channel)
  const symbols = alone ? [undefined] : (symbolsOf(params) ?? [])
  return symbols.map((symbol) => {
    const key = symbol === undefined ? channel : keyOf(channel, symbol, options.interval)
    const named = symbol === undefined ? {} : { symbol }
    const subscription = subscriptions.get(key)
    if (subscription === undefined) return { error: "Subscription Not Found", fields: named }
    if (subscription.token !== undefined) subscription.token.uses--
    subscriptions.delete(key)
    return { acknowledged: { channel, ...named } }
  })
}

const keyOf = (channel: Channel, symbol: string, interval: number): string =>
  channel === "ohlc" ? `${channel} ${symbol} ${interval}` : `${channel} ${symbol}`

/** Reads the names of pairs. No more are read than an exchange can have. */
const symbolsOf = ({ symbol }: Fields): ReadonlyArray<string> | undefined =>
  Array.isArray(symbol) &&
  symbol.length > 0 &&
  symbol.length <= 2000 &&
  symbol.every((each) => typeof each === "string")
    ? [...new Set<string>(symbol)]
    : undefined

/** Finds a pair by the name that the instrument channel gives it, as in `BTC/USD`. Other names are unknown to Kraken. */
const findSymbol = ({ exchange }: RestExchange, symbol: string): Pair | undefined => {
  for (const pair of exchange.catalogue.pairs.values())
    if (pair.display === symbol && exchange.market.last(pair, exchange.now) !== undefined) return pair
  return undefined
}
