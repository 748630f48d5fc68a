import { assert } from "@effect/vitest"
import { Effect, TestClock } from "effect"
// All of ccxt takes a second to load; its package exports no smaller part.
import Kraken from "../../../node_modules/ccxt/js/src/kraken.js"
import { findAccount } from "../../../src/exchange/accounts/accounts.ts"
import { fixed } from "../../../src/exchange/base/fixed.ts"
import { handle } from "../../../src/exchange/commands/handle.ts"
import type { Json } from "../../doubles/TestExchange.ts"
import { servedExchange } from "../rest/served.ts"

/** The time of these tests, in Unix milliseconds, unless they advance the clock. The market does not move. */
export const moment = Date.UTC(2026, 8, 21, 9)

/** Makes ccxt's Kraken client, unchanged but for its address, and the exchange that answers it. */
export const withClient = Effect.fnUntraced(function* (
  options: { readonly key?: string; readonly rateLimits?: boolean } = {}
) {
  yield* TestClock.setTime(moment)
  const { rest, keys, url } = yield* servedExchange(options)
  const { key, secret } = keys[options.key ?? "full"]!
  const client = new Kraken({ apiKey: key, secret, enableRateLimit: false })
  Object.assign(client.urls, { api: { public: url, private: url } })
  // Its nonces are milliseconds, and two calls can come within one.
  let last = 0
  client.nonce = () => (last = Math.max(client.milliseconds(), last + 1))
  const account = findAccount(rest.exchange, rest.account) ?? assert.fail("no account")
  return {
    client,
    account,
    rest,
    exchange: rest.exchange,
    /** Returns the result of one of ccxt's methods. */
    use: <A>(method: (client: Kraken) => Promise<A>) => Effect.promise(() => method(client)),
    /** Returns the id of the order that a method has placed. */
    placed: (method: (client: Kraken) => Promise<{ readonly id?: string | undefined }>) =>
      Effect.map(
        Effect.promise(() => method(client)),
        ({ id }) => id ?? assert.fail("no id")
      ),
    /** Returns the class of the error that a method fails with. */
    failure: (method: (client: Kraken) => Promise<unknown>) =>
      Effect.map(
        Effect.flip(Effect.tryPromise(() => method(client))),
        ({ error }) => Object(error).constructor.name as string
      ),
    /** Returns the engine's own answer at the same time, without HTTP and ccxt. */
    engine: (endpoint: string, params: object = {}): Json => {
      const account = endpoint.startsWith("private/") ? { account: rest.account } : {}
      const now = moment + rest.ahead
      const answer = handle(rest.exchange, { endpoint, params: { ...params }, now, ...account })
      return "errors" in answer ? assert.fail(answer.errors.join()) : answer.result
    },
    order: (id: string) => rest.exchange.orders.get(id) ?? assert.fail(`no order ${id}`)
  }
})

/** Converts a float of ccxt to the engine's whole units. */
export const units = (number: unknown, decimals: number): bigint => fixed(Number(number).toFixed(decimals), decimals)
