import { Redacted } from "effect"
import type { Key } from "../wire/call.ts"
import { classicPermissions } from "../../domain/keys/permissions.ts"

/** Key and secret, as the key's owner has them. */
export interface Credentials {
  readonly key: string
  readonly secret: Redacted.Redacted
}

/** An API key and its state. */
export interface ApiKey extends Credentials {
  readonly name: string
  readonly permissions: ReadonlyArray<string>
  /** Distance below the highest nonce within which a late nonce is accepted. */
  readonly nonceWindow: bigint
  /** Expiry in epoch seconds; 0 if the key never expires. */
  readonly validUntil: number
  /** One-time password that each call must carry; undefined if none is required. */
  readonly otp: string | undefined
  readonly created: number
  highestNonce: bigint
  /** Nonces used within the window. */
  readonly usedNonces: Set<bigint>
  /** Consecutive refusals for a wrong signature or nonce. */
  failures: number
  /** Epoch milliseconds. */
  lockedUntil: number
  /** Epoch seconds. */
  lastUsed: number | undefined
}

const readOnly = ["query-funds", "query-open-trades", "query-closed-trades", "query-ledger"]

interface Kind {
  readonly permissions: ReadonlyArray<string>
  readonly nonceWindow?: bigint
  readonly validUntil?: number
  readonly otp?: string
  /** Description for a table. */
  readonly about: string
}

/** One key for each kind of permission, expiry, password and nonce window. */
export const keyKinds: Readonly<Record<string, Kind>> = {
  full: { permissions: classicPermissions, about: "has every permission" },
  "read-only": { permissions: readOnly, about: "queries only" },
  trade: { permissions: [...readOnly, "modify-trades", "close-trades"], about: "queries and orders" },
  "no-permission": { permissions: [], about: "has no permission" },
  expired: { permissions: classicPermissions, validUntil: Date.UTC(2020, 0) / 1000, about: "expired in 2020" },
  otp: { permissions: classicPermissions, otp: "123456", about: "requires the one-time password 123456" },
  windowed: {
    permissions: classicPermissions,
    nonceWindow: 5000n,
    about: "accepts nonces up to 5000 below the last one"
  }
}

/** Makes the keys, by their public part. `now` is in epoch milliseconds. */
export const makeKeys = (credentials: (name: string) => Credentials, now: number): ReadonlyMap<string, ApiKey> =>
  new Map(
    Object.entries(keyKinds).map(([name, kind]) => {
      const { key, secret } = credentials(name)
      const apiKey: ApiKey = {
        name,
        key,
        secret,
        permissions: kind.permissions,
        nonceWindow: kind.nonceWindow ?? 0n,
        validUntil: kind.validUntil ?? 0,
        otp: kind.otp,
        created: Math.floor(now / 1000),
        highestNonce: 0n,
        usedNonces: new Set(),
        failures: 0,
        lockedUntil: 0,
        lastUsed: undefined
      }
      return [key, apiKey]
    })
  )

/** Returns the part of a key that the engine needs. */
export const forEngine = (key: ApiKey): Key => ({
  id: key.key,
  name: key.name,
  permissions: key.permissions,
  nonce: String(key.highestNonce),
  nonceWindow: Number(key.nonceWindow),
  validUntil: key.validUntil,
  created: key.created,
  ...(key.lastUsed !== undefined && { lastUsed: key.lastUsed })
})
