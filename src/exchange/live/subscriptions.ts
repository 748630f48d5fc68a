import { findAccount } from "../accounts/accounts.ts"
import { mayCall } from "../accounts/permissions.ts"
import type { Pair } from "../catalogue/pairs.ts"
import { type Channel, isChannel } from "../rest/faults.ts"
import type { RestExchange } from "../rest/restExchange.ts"
import { findToken, type WebSocketToken } from "../rest/tokens.ts"
import { balances } from "./balances.ts"
import { executions } from "./executions.ts"
import { book, depths, instrument, intervals, ohlc, ticker, trade } from "./marketFeeds.ts"
import type { Feed, Message } from "./message.ts"

interface Subscription {
  readonly channel: Channel
  readonly feed: Feed
  readonly token: WebSocketToken | undefined
}

/** The part of a session that its subscriptions need. */
export interface Subscriber {
  /** True if it gets an account's data instead of market data. */
  readonly private: boolean
  /** Subscriptions by channel, pair and interval, so that there are only as many as the exchange has channels. */
  readonly subscriptions: Map<string, Subscription>
}

/** The fields of a request. */
export type Fields = Readonly<Record<string, unknown>>

/** The outcome of a request for one subscription: what is acknowledged, with messages that follow, or the error. */
type Result = (
  | { readonly error: string; readonly fields?: Fields }
  | { readonly acknowledged: { readonly [field: string]: unknown } }
) & { readonly messages?: ReadonlyArray<Message> }

const privateChannels: ReadonlyArray<Channel> = ["executions", "balances"]

/** Begins the subscriptions that a request names, one for each pair. */
export const subscribe = (rest: RestExchange, session: Subscriber, params: Fields): ReadonlyArray<Result> => {
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
  session: Subscriber,
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
  { subscriptions }: Subscriber,
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

/** Ends the subscriptions that a request names. */
export const unsubscribe = ({ subscriptions }: Subscriber, params: Fields): ReadonlyArray<Result> => {
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
