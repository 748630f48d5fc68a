import { sign } from "../../domain/wire/signature.ts"
import type { Params } from "../wire/params.ts"
import { Refusal } from "../base/Refusal.ts"
import { readBody } from "./body.ts"
import type { ApiKey } from "./keys.ts"
import type { Request } from "./Request.ts"

/** So many refusals in a row, and a key is locked out for so long, in milliseconds; each further try starts it anew. */
export const lockout = { after: 10, lasts: 15 * 60_000 }

/**
 * Who makes a private call, and its arguments without nonce and password, after everything that Kraken checks before
 * it looks at what is asked. `now` in epoch milliseconds. Throws the refusal.
 */
export const authenticate = (
  request: Request,
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

/** Digits as they were signed. */
const nonceText = (nonce: unknown): string | undefined => {
  const text = typeof nonce === "number" || typeof nonce === "string" ? String(nonce) : ""
  return /^\d{1,20}$/.test(text) ? text : undefined
}

/** Whether a key may still use the nonce, which is then spent. */
const takeNonce = (key: ApiKey, nonce: bigint): boolean => {
  if (nonce >= 2n ** 64n) return false
  const late = nonce > key.highestNonce - key.nonceWindow && !key.usedNonces.has(nonce)
  if (nonce <= key.highestNonce && !late) return false
  if (nonce > key.highestNonce) key.highestNonce = nonce
  key.usedNonces.add(nonce)
  for (const used of key.usedNonces) if (used <= key.highestNonce - key.nonceWindow) key.usedNonces.delete(used)
  return true
}

/** In a time that does not tell how much is the same. */
const sameText = (one: string, other: string): boolean => {
  let difference = one.length ^ other.length
  for (let i = 0; i < one.length; i++) difference |= one.charCodeAt(i) ^ other.charCodeAt(i)
  return difference === 0
}
