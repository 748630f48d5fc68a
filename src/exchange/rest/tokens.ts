import type { ApiKey } from "./keys.ts"

/**
 * Tokens of GetWebSocketsToken. A token can be used for the first time until it expires, and stays valid as long as a
 * subscription uses it.
 *
 * @see https://support.kraken.com/articles/360034664311-how-to-subscribe-to-the-kraken-websocket-private-feeds read 2026-11-29
 */
export type Tokens = Map<string, WebSocketToken>

export interface WebSocketToken {
  readonly key: ApiKey
  /** Epoch milliseconds. */
  readonly expires: number
  /** Number of subscriptions that use the token. */
  uses: number
}

/** Keeps the token of an answer of GetWebSocketsToken, and forgets those that can't be used any more. */
export const keepToken = (tokens: Tokens, result: unknown, key: ApiKey, now: number): void => {
  for (const [token, { expires, uses }] of tokens) if (uses === 0 && expires <= now) tokens.delete(token)
  const { expires, token } = Object(result)
  tokens.set(String(token), { key, expires: now + Number(expires) * 1000, uses: 0 })
}

/** Finds a token that is valid at `now` (epoch milliseconds) and whose key has not expired. */
export const findToken = (tokens: Tokens, token: unknown, now: number): WebSocketToken | undefined => {
  const known = typeof token === "string" ? tokens.get(token) : undefined
  if (known === undefined || (known.uses === 0 && known.expires <= now)) return undefined
  return known.key.validUntil !== 0 && known.key.validUntil * 1000 <= now ? undefined : known
}
