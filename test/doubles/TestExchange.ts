import { assert } from "@effect/vitest"
import type { Key } from "../../src/exchange/wire/call.ts"
import { type Answer, handle } from "../../src/exchange/commands/handle.ts"
import type { Market } from "../../src/exchange/state/market.ts"
import { type Exchange, makeExchange, type Settings } from "../../src/exchange/state/state.ts"
import { opening, type Prices, scripted } from "./TestMarket.ts"

// Answers are JSON of many shapes, which these tests read without types as a script would.
// oxlint-disable-next-line typescript/no-explicit-any
export type Json = any

/** An exchange with one trader, `ann`, who has 100,000 USD and 10 XBT, and a clock that the test sets. */
export interface TestExchange {
  readonly x: Exchange
  /** Advances the clock by seconds. */
  readonly wait: (seconds: number) => void
  readonly ask: (endpoint: string, params?: object, by?: { readonly account?: string; readonly key?: Key }) => Answer
  /** Returns the result. Fails the test if Kraken would have refused. */
  readonly ok: (endpoint: string, params?: object, account?: string) => Json
  /** Returns the error codes. Fails the test if there are none. */
  readonly refused: (
    endpoint: string,
    params?: object,
    by?: { readonly account?: string; readonly key?: Key }
  ) => string
  /** Places an order on XBT/USD and returns its id. */
  readonly order: (order: string, more?: object, account?: string) => string
  /** Reads an order by QueryOrders, with its trades. */
  readonly see: (txid: string, account?: string) => Json
  readonly open: (name: string, balances: Record<string, string>) => string
}

export const makeTestExchange = (
  options: { readonly prices?: Prices; readonly market?: Market; readonly settings?: Partial<Settings> } = {}
): TestExchange => {
  const market = options.market ?? scripted(options.prices ?? [[0, "50000"]])
  const exchange = makeExchange(market, opening, { rateLimits: false, ...options.settings })
  let now = opening
  const ask: TestExchange["ask"] = (endpoint, params = {}, by = {}) =>
    handle(exchange, {
      endpoint: /^(public|control)\//.test(endpoint) ? endpoint : `private/${endpoint}`,
      params: { ...params },
      account: by.account ?? "ann",
      now,
      ...(by.key && { key: by.key })
    })
  const ok: TestExchange["ok"] = (endpoint, params, account) => {
    const answer = ask(endpoint, params, { account: account ?? "ann" })
    if ("errors" in answer) return assert.fail(`${endpoint}: ${answer.errors.join()}`)
    return answer.result
  }
  const open: TestExchange["open"] = (name, balances) => ok("control/OpenAccount", { name, balances }).account
  open("ann", { USD: "100000", XBT: "10" })
  return {
    x: exchange,
    ask,
    ok,
    open,
    wait: (seconds) => {
      now += seconds * 1000
      handle(exchange, { endpoint: "public/Time", now })
    },
    refused: (endpoint, params, by) => {
      const answer = ask(endpoint, params, by)
      return "errors" in answer ? answer.errors.join() : assert.fail(`${endpoint} went through`)
    },
    order: (text, more = {}, account) => ok("AddOrder", { ...parse(text), ...more }, account).txid[0],
    see: (txid, account) => ok("QueryOrders", { txid, trades: true }, account)[txid]
  }
}

/** Parses an order on XBT/USD: `buy 0.5 limit 49000` or `sell 1 stop-loss-limit 48000 47900`. */
export const parse = (text: string): Record<string, string> => {
  const [type, volume, ordertype, price, price2] = text.split(" ")
  return {
    pair: "XBTUSD",
    type: type!,
    volume: volume!,
    ordertype: ordertype!,
    ...(price !== undefined && { price }),
    ...(price2 !== undefined && { price2 })
  }
}
