import { Clock, Effect, Redacted } from "effect"
import { makeRestExchange } from "../../../src/exchange/rest/seedAccount.ts"
import { makeCredentials } from "../../../src/layers/exchange/keys.ts"
import { serveExchange } from "../../../src/layers/exchange/ExchangeHttp.ts"

/** Serves a simulated Kraken on loopback ports of this process until the scope ends: HTTP at `url`, WebSocket at `wsUrl`. */
export const servedExchange = Effect.fnUntraced(function* (
  options: { readonly seed?: number; readonly rateLimits?: boolean } = {}
) {
  const { rateLimits = false, seed = 1 } = options
  const now = yield* Clock.currentTimeMillis
  const rest = makeRestExchange(now, { seed, rateLimits }, makeCredentials(seed))
  const { ended, url, wsUrl } = yield* serveExchange(rest, { host: "127.0.0.1", port: 0, wsPort: 0 })
  const keys = Object.fromEntries(
    Array.from(rest.keys.values(), ({ key, name, secret }) => [name, { key, secret: Redacted.value(secret) }])
  )
  /** Sends an operator's command, after which clients of the WebSocket are sent what it has changed. */
  const admin = (path: string, body: object = {}): Effect.Effect<ReturnType<typeof JSON.parse>> =>
    Effect.promise(() =>
      fetch(`${url}/admin/${path}`, { method: "POST", body: JSON.stringify(body) }).then((response) => response.json())
    )
  return { admin, rest, url, wsUrl, keys, ended }
})
