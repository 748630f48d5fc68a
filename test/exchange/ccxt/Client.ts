import { assert } from "@effect/vitest"
import { Effect, TestClock } from "effect"
// All of ccxt takes a second to load; its package exports no smaller part.
import Kraken from "../../../node_modules/ccxt/js/src/kraken.js"
import { findAccount } from "../../../src/exchange/accounts/accounts.ts"
import { fixed } from "../../../src/exchange/base/fixed.ts"
import { handle } from "../../../src/exchange/commands/handle.ts"
import type { Json } from "../../doubles/TestVenue.ts"
import { servedExchange } from "../rest/served.ts"

/** Everything in these tests happens at this moment, unless they put the clock forward: the market stands still. */
export const moment = Date.UTC(2026, 8, 21, 9)

/** ccxt's Kraken client, as it is but for where it asks, and the exchange that answers. */
export const withClient = Effect.fnUntraced(function* (
  options: { readonly key?: string; readonly rateLimits?: boolean } = {}
) {
  yield* TestClock.setTime(moment)
  const { rest, keys, url } = yield* servedExchange(options)
  const { key, secret } = keys[options.key ?? "full"]!
  const client = new Kraken({ apiKey: key, secret, enableRateLimit: false })
  Object.assign(client.urls, { api: { public: url, private: url } })
  // Its nonces are milliseconds, of which one is long enough for two calls here.
  let last = 0
  client.nonce = () => (last = Math.max(client.milliseconds(), last + 1))
  const account = findAccount(rest.exchange, rest.account) ?? assert.fail("no account")
  return {
    client,
    account,
    rest,
    exchange: rest.exchange,
    /** What a method makes of the answer. */
    use: <A>(method: (client: Kraken) => Promise<A>) => Effect.promise(() => method(client)),
    /** The id of the order that a method has placed. */
    placed: (method: (client: Kraken) => Promise<{ readonly id?: string | undefined }>) =>
      Effect.map(
        Effect.promise(() => method(client)),
        ({ id }) => id ?? assert.fail("no id")
      ),
    /** The class of the error that a method ends in. */
    failure: (method: (client: Kraken) => Promise<unknown>) =>
      Effect.map(
        Effect.flip(Effect.tryPromise(() => method(client))),
        ({ error }) => Object(error).constructor.name as string
      ),
    /** The engine's own answer at the same moment, without HTTP and without ccxt. */
    engine: (endpoint: string, params: object = {}): Json => {
      const account = endpoint.startsWith("private/") ? { account: rest.account } : {}
      const now = moment + rest.ahead
      const answer = handle(rest.exchange, { endpoint, params: { ...params }, now, ...account })
      return "errors" in answer ? assert.fail(answer.errors.join()) : answer.result
    },
    order: (id: string) => rest.exchange.orders.get(id) ?? assert.fail(`no order ${id}`)
  }
})

/** ccxt calculates in floats: its numbers are held against the engine's whole units. */
export const units = (number: unknown, decimals: number): bigint => fixed(Number(number).toFixed(decimals), decimals)
