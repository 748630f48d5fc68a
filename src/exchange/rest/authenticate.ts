import { sign } from "../../domain/wire/signature.ts"
import type { Params } from "../wire/params.ts"
import { Refusal } from "../base/refusal.ts"
import { readBody } from "./body.ts"
import type { ApiKey } from "./keys.ts"
import type { HttpRequest } from "./httpRequest.ts"

/** Lockout of a key: `after` refusals in a row, for `lasts` milliseconds. Each further attempt restarts it. */
export const lockout = { after: 10, lasts: 15 * 60_000 }

/**
 * Authenticates a private call. Returns its key, and its arguments without nonce and password. `now` is in epoch
 * milliseconds. Throws a Refusal if the key, nonce, signature or password is wrong, or the key is locked out.
 *
 * @see https://docs.kraken.com/api/docs/guides/spot-rest-auth
 */
export const authenticate = (
  request: HttpRequest,
  keys: ReadonlyMap<string, ApiKey>,
  { locksOut, now }: { readonly locksOut: boolean; readonly now: number }
): { readonly key: ApiKey; readonly params: Params } => {
  const { nonce, otp, ...params } = readBody(request.headers["content-type"], request.body)
  const key = keys.get(request.headers["api-key"] ?? "")
  if (key === undefined || (key.validUntil !== 0 && now >= key.validUntil * 1000)) throw new Refusal("EAPI:Invalid key")
  if (now < key.lockedUntil) {
    key.lockedUntil = now + lockout.lasts
    throw new Refusal("EGeneral:Temporary lockout")
  }
  const fail = (error: string) => {
    key.failures++
    if (locksOut && key.failures >= lockout.after) {
      key.failures = 0
      key.lockedUntil = now + lockout.lasts
    }
    return new Refusal(error)
  }
  const text = nonceText(nonce)
  if (text === undefined) throw fail("EAPI:Invalid nonce")
  const signature = sign(request.path, text, request.body, key.secret)
  if (!sameText(signature, request.headers["api-sign"] ?? "")) throw fail("EAPI:Invalid signature")
  if (!takeNonce(key, BigInt(text))) throw fail("EAPI:Invalid nonce")
  key.failures = 0
  key.lastUsed = Math.floor(now / 1000)
  if (key.otp !== undefined && otp !== key.otp) throw new Refusal("EAuth:Failed")
  return { key, params }
}

/** Returns the nonce as the digits that were signed; undefined if it is not a valid nonce. */
const nonceText = (nonce: unknown): string | undefined => {
  const text = typeof nonce === "number" || typeof nonce === "string" ? String(nonce) : ""
  return /^\d{1,20}$/.test(text) ? text : undefined
}

/** Marks a nonce as used. Returns false if the key can't use it. */
const takeNonce = (key: ApiKey, nonce: bigint): boolean => {
  if (nonce >= 2n ** 64n) return false
  const late = nonce > key.highestNonce - key.nonceWindow && !key.usedNonces.has(nonce)
  if (nonce <= key.highestNonce && !late) return false
  if (nonce > key.highestNonce) key.highestNonce = nonce
  key.usedNonces.add(nonce)
  for (const used of key.usedNonces) if (used <= key.highestNonce - key.nonceWindow) key.usedNonces.delete(used)
  return true
}

/** Compares two texts in constant time. */
const sameText = (one: string, other: string): boolean => {
  let difference = one.length ^ other.length
  for (let i = 0; i < one.length; i++) difference |= one.charCodeAt(i) ^ other.charCodeAt(i)
  return difference === 0
}
