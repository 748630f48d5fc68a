import { DateTime, Option, Schema } from "effect"

/**
 * Kraken's description of the configured key. Times are Unix seconds, 0 if there is no limit.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/get-api-key-info read 2026-05-27
 */
export interface KeyInfo {
  readonly name: string
  /** Permissions as Kraken spells them. Strings unknown to this program are possible. */
  readonly permissions: ReadonlySet<string>
  readonly nonce: bigint
  /**
   * The distance below the highest nonce at which a late nonce is still accepted. 0 requires strictly rising nonces.
   */
  readonly nonceWindow: bigint
  readonly validUntil: number
  readonly queryFrom: number
  readonly queryTo: number
  /** Addresses from which the key can be used. Empty means any address. */
  readonly ipAllowlist: ReadonlyArray<string>
}

/**
 * An unsigned 64-bit number, such as a nonce, as text or as a JSON number.
 *
 * @see https://docs.kraken.com/api/docs/guides/spot-rest-auth read 2026-08-17
 */
const Digits = Schema.Union(Schema.NonNegativeInt, Schema.String.pipe(Schema.pattern(/^\d{1,20}$/)))
const Addresses = Schema.Array(Schema.String)

/**
 * The answer of `GetApiKeyInfo`. Kraken's documentation spells the fields in camel case; live answers use snake case,
 * and all their values are text.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/get-api-key-info read 2026-05-27
 */
const Answer = Schema.Struct({
  permissions: Schema.Array(Schema.String),
  nonce: Digits,
  apiKeyName: Schema.optional(Schema.String),
  api_key_name: Schema.optional(Schema.String),
  nonceWindow: Schema.optional(Digits),
  nonce_window: Schema.optional(Digits),
  validUntil: Schema.optional(Digits),
  valid_until: Schema.optional(Digits),
  queryFrom: Schema.optional(Digits),
  query_from: Schema.optional(Digits),
  queryTo: Schema.optional(Digits),
  query_to: Schema.optional(Digits),
  ipAllowlist: Schema.optional(Addresses),
  ip_allowlist: Schema.optional(Addresses)
})

/** Reads an answer of `GetApiKeyInfo`. None if a field is missing that safety depends on. */
export const readKeyInfo = (answer: unknown): Option.Option<KeyInfo> =>
  Option.flatMap(Schema.decodeUnknownOption(Answer)(answer), (key) =>
    Option.map(Option.fromNullable(key.nonceWindow ?? key.nonce_window), (nonceWindow) => ({
      name: key.apiKeyName ?? key.api_key_name ?? "",
      permissions: new Set(key.permissions),
      nonce: BigInt(key.nonce),
      nonceWindow: BigInt(nonceWindow),
      validUntil: Number(key.validUntil ?? key.valid_until ?? 0),
      queryFrom: Number(key.queryFrom ?? key.query_from ?? 0),
      queryTo: Number(key.queryTo ?? key.query_to ?? 0),
      ipAllowlist: (key.ipAllowlist ?? key.ip_allowlist ?? []).filter((address) => address !== "")
    }))
  )

type Limits = Pick<KeyInfo, "validUntil" | "queryFrom" | "queryTo" | "ipAllowlist">

/** Describes, in sentences, the limits of a key that might stop a call although the key holds the permission. */
export const limitsOf = (key: Limits, now: DateTime.Utc): ReadonlyArray<string> => [
  ...(isOver(key.validUntil, now) ? [`The key expired on ${date(key.validUntil)}.`] : []),
  ...(key.ipAllowlist.length > 0 ? [`The key can be used only from ${key.ipAllowlist.join(", ")}.`] : []),
  ...(key.queryFrom > 0 ? [`The key sees no history before ${date(key.queryFrom)}.`] : []),
  ...(key.queryTo > 0 ? [`The key sees no history after ${date(key.queryTo)}.`] : [])
]

/**
 * Describes, in a sentence, the expiry of a key that is still valid. Empty if the key does not expire or has expired.
 */
export const expiryOf = ({ validUntil }: Limits, now: DateTime.Utc): ReadonlyArray<string> => {
  if (validUntil === 0 || isOver(validUntil, now)) return []
  const hours = Math.floor((validUntil * 1000 - now.epochMillis) / 3_600_000)
  const left = hours < 48 ? `${hours} hours` : `${Math.floor(hours / 24)} days`
  return [`The key expires on ${date(validUntil)}, in ${left}.`]
}

const isOver = (seconds: number, now: DateTime.Utc): boolean => seconds > 0 && seconds * 1000 <= now.epochMillis

const date = (seconds: number): string =>
  Option.match(DateTime.make(seconds * 1000), { onNone: () => String(seconds), onSome: DateTime.formatIso })
