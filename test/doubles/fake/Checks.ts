import type { Key } from "./Keys.ts"
import { isKnown, mayCall } from "./Permissions.ts"
import { type Fields, readBody, Refusal, sameText, signature, type WireRequest } from "./Wire.ts"

export interface Checked {
  readonly key: Key
  readonly nonce: bigint
  /** Parameters without nonce and one-time password. */
  readonly params: Fields
}

const failure = (key: Key, now: number, lockoutAfter: number, code: string): Refusal => {
  key.failures += 1
  if (key.failures >= lockoutAfter) key.lockedUntil = now + 15 * 60_000
  return new Refusal(code)
}

/** Checks a private call as Kraken does, in Kraken's order. Throws the refusal. */
export const check = (
  request: WireRequest,
  keys: ReadonlyArray<Key>,
  options: { readonly now: number; readonly address: string; readonly lockoutAfter: number }
): Checked => {
  const name = request.path.replace("/0/private/", "")
  if (!isKnown(name) || request.method !== "POST") throw new Refusal("EGeneral:Unknown method")
  const { nonce: nonceText, otp, ...params } = readBody(request)
  const key = keys.find(({ key }) => key === request.headers["api-key"])
  if (key === undefined) throw new Refusal("EAPI:Invalid key")
  if (options.now < key.lockedUntil) throw new Refusal("EGeneral:Temporary lockout")
  const fail = (code: string) => failure(key, options.now, options.lockoutAfter, code)
  if (key.validUntil !== 0 && options.now >= key.validUntil * 1000) throw fail("EAPI:Invalid key")
  if (key.ipAllowlist.some((address) => address !== "") && !key.ipAllowlist.includes(options.address)) {
    throw new Refusal("EGeneral:Permission denied")
  }
  const expected = signature(request.path, String(nonceText), request.body, key.secret)
  if (!sameText(expected, request.headers["api-sign"] ?? "")) throw fail("EAPI:Invalid signature")
  const nonce = takeNonce(key, String(nonceText))
  if (nonce === undefined) throw fail("EAPI:Invalid nonce")
  key.failures = 0
  if (key.otp !== undefined && otp !== key.otp) throw new Refusal("EAuth:Failed")
  if (!mayCall(key.permissions, name)) throw new Refusal("EGeneral:Permission denied")
  return { key, nonce, params }
}

const takeNonce = (key: Key, text: string): bigint | undefined => {
  if (!/^\d{1,20}$/.test(text)) return undefined
  const nonce = BigInt(text)
  if (nonce >= 2n ** 64n) return undefined
  const inWindow = nonce > key.highestNonce - key.nonceWindow && !key.usedNonces.has(nonce)
  if (nonce <= key.highestNonce && !inWindow) return undefined
  if (nonce > key.highestNonce) key.highestNonce = nonce
  key.usedNonces.add(nonce)
  return nonce
}
