import { type DateTime, Schema } from "effect"
import { expiryOf, limitsOf } from "../../domain/keys/keyInfo.ts"
import { meaning } from "../../domain/keys/permissions.ts"
import { optionalAmount, optionalTime, optionalText, optionalTexts } from "../kit/answerFields.ts"
import * as Rows from "../kit/rows.ts"

/** Permissions and limits of a key, which is masked. */
export const KeyOutput = Schema.Struct({
  name: optionalText,
  key: optionalText,
  iban: optionalText,
  permissions: Schema.Array(Schema.Struct({ permission: Schema.String, means: Schema.String })),
  notes: Schema.Array(Schema.String),
  nonce_window: optionalAmount,
  valid_until: optionalTime,
  query_from: optionalTime,
  query_to: optionalTime,
  ip_allowlist: optionalTexts,
  created_time: optionalTime,
  modified_time: optionalTime,
  last_used: optionalTime
})

const times = ["valid_until", "query_from", "query_to", "created_time", "modified_time", "last_used"]

/** Converts Kraken's answer. Kraken's documentation spells its fields in camel case, the live service in snake case. */
export const keyOutput = (answer: unknown, now: DateTime.Utc): object => {
  const fields = Object.entries(Object(answer)).map(([name, value]): [string, unknown] => [snake(name), value])
  const { api_key, api_key_name, ip_allowlist, permissions, ...key } = Object.fromEntries(fields)
  const allowed = texts(permissions)
  const ipAllowlist = texts(ip_allowlist).filter((address) => address !== "")
  const limits = {
    validUntil: Number(key["valid_until"] ?? 0),
    queryFrom: Number(key["query_from"] ?? 0),
    queryTo: Number(key["query_to"] ?? 0),
    ipAllowlist
  }
  return {
    ...Rows.compact({ name: api_key_name, key: masked(api_key), ...key, ip_allowlist: ipAllowlist }, { zeros: times }),
    permissions: Array.isArray(permissions)
      ? allowed.map((permission) => ({ permission, means: meaning(permission) }))
      : permissions,
    notes: [...limitsOf(limits, now), ...expiryOf(limits, now), ...risks(allowed, ipAllowlist)]
  }
}

const snake = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

const texts = (value: unknown): ReadonlyArray<string> => (Array.isArray(value) ? value.map(String) : [])

/** Masks a key, so that keys can be distinguished but not used. */
const masked = (key: unknown): string | undefined =>
  typeof key !== "string" ? undefined : key.length < 12 ? "…" : `${key.slice(0, 4)}…${key.slice(-4)}`

const risks = (permissions: ReadonlyArray<string>, ipAllowlist: ReadonlyArray<string>): ReadonlyArray<string> => {
  const actions = [
    ...(permissions.includes("withdraw-funds") ? ["withdraw funds"] : []),
    ...(permissions.includes("modify-trades") ? ["place orders"] : [])
  ].join(" and ")
  return [
    ...(permissions.length === 0
      ? ["The key has no permissions: it can only read its own description and Earn strategies."]
      : []),
    ...(actions !== "" && ipAllowlist.length === 0
      ? [`Anyone who has this key can ${actions} from any address: restrict its addresses at Kraken.`]
      : [])
  ]
}
