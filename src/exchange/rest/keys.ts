import { Redacted } from "effect"
import type { Key } from "../wire/Call.ts"
import { classicPermissions } from "../../domain/keys/permissions.ts"

/** What a key's owner has of it. */
export interface Credentials {
  readonly key: string
  readonly secret: Redacted.Redacted
}

/** An API key, and what is remembered of it. */
export interface ApiKey extends Credentials {
  readonly name: string
  readonly permissions: ReadonlyArray<string>
  /** How far below the highest nonce a late one is still taken. */
  readonly nonceWindow: bigint
  /** Epoch seconds; 0: for ever. */
  readonly validUntil: number
  /** A password that each call must bring along. */
  readonly otp: string | undefined
  readonly created: number
  highestNonce: bigint
  /** Of those within the window. */
  readonly usedNonces: Set<bigint>
  /** Refused for signature or nonce, one after the other. */
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
  /** What to call it in a table. */
  readonly about: string
}

/** One key of each kind that makes a difference. */
export const kinds: Readonly<Record<string, Kind>> = {
  full: { permissions: classicPermissions, about: "may do everything" },
  "read-only": { permissions: readOnly, about: "queries only" },
  trade: { permissions: [...readOnly, "modify-trades", "close-trades"], about: "queries and orders" },
  "no-permission": { permissions: [], about: "may do nothing" },
  expired: { permissions: classicPermissions, validUntil: Date.UTC(2020, 0) / 1000, about: "since 2020" },
  otp: { permissions: classicPermissions, otp: "123456", about: "asks for the one-time password 123456" },
  windowed: { permissions: classicPermissions, nonceWindow: 5000n, about: "takes nonces up to 5000 late" }
}

/** The keys by their public part; `now` in epoch milliseconds. */
export const makeKeys = (credentials: (name: string) => Credentials, now: number): ReadonlyMap<string, ApiKey> =>
  new Map(
    Object.entries(kinds).map(([name, kind]) => {
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

/** What the engine needs to know of it. */
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
