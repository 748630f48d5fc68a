import { DateTime, Option, Schema } from "effect"

/** What Kraken tells about the configured key. Times are Unix seconds, 0 where there is no limit. */
export interface KeyInfo {
  readonly name: string
  /** As Kraken spells them; may hold strings that we do not know. */
  readonly permissions: ReadonlySet<string>
  readonly nonce: bigint
  /** How far below the highest nonce a late one is still taken; 0 keeps them in strict order. */
  readonly nonceWindow: bigint
  readonly validUntil: number
  readonly queryFrom: number
  readonly queryTo: number
  /** Empty: any address. */
  readonly ipAllowlist: ReadonlyArray<string>
}

/** Nonces have 64 bits. */
const Digits = Schema.Union(Schema.NonNegativeInt, Schema.String.pipe(Schema.pattern(/^\d{1,20}$/)))
const Addresses = Schema.Array(Schema.String)

/** Kraken's pages spell the fields in camel case, its service in snake case, where all values are text. */
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

/** What an answer of `GetApiKeyInfo` tells; none if it does not tell all that safety needs. */
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

/** What may be in the way of a key although it holds the permission, in sentences. */
export const limitsOf = (key: Limits, now: DateTime.Utc): ReadonlyArray<string> => [
  ...(isOver(key.validUntil, now) ? [`The key expired on ${date(key.validUntil)}.`] : []),
  ...(key.ipAllowlist.length > 0 ? [`The key may be used from ${key.ipAllowlist.join(", ")} only.`] : []),
  ...(key.queryFrom > 0 ? [`The key sees no history before ${date(key.queryFrom)}.`] : []),
  ...(key.queryTo > 0 ? [`The key sees no history after ${date(key.queryTo)}.`] : [])
]

/** When a key that still works will stop to, in a sentence. */
export const expiryOf = ({ validUntil }: Limits, now: DateTime.Utc): ReadonlyArray<string> => {
  if (validUntil === 0 || isOver(validUntil, now)) return []
  const hours = Math.floor((validUntil * 1000 - now.epochMillis) / 3_600_000)
  const left = hours < 48 ? `${hours} hours` : `${Math.floor(hours / 24)} days`
  return [`The key expires on ${date(validUntil)}, in ${left}.`]
}

const isOver = (seconds: number, now: DateTime.Utc): boolean => seconds > 0 && seconds * 1000 <= now.epochMillis

const date = (seconds: number): string =>
  Option.match(DateTime.make(seconds * 1000), { onNone: () => String(seconds), onSome: DateTime.formatIso })
