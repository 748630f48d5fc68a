import { Clock, Effect, Redacted } from "effect"
import { openFront } from "../../../src/exchange/rest/opening.ts"
import { makeCredentials } from "../../../src/layers/exchange/keys.ts"
import { serveExchange } from "../../../src/layers/exchange/ExchangeHttp.ts"

/** A simulated Kraken that this process serves on a loopback port until the scope ends. */
export const servedExchange = Effect.fnUntraced(function* (
  options: { readonly seed?: number; readonly rateLimits?: boolean } = {}
) {
  const { rateLimits = false, seed = 1 } = options
  const now = yield* Clock.currentTimeMillis
  const front = openFront(now, { seed, rateLimits }, makeCredentials(seed))
  const { ended, url } = yield* serveExchange(front, { host: "127.0.0.1", port: 0 })
  const keys = Object.fromEntries(
    Array.from(front.keys.values(), ({ key, name, secret }) => [name, { key, secret: Redacted.value(secret) }])
  )
  return { front, url, keys, ended }
})
