import { permissions } from "./Permissions.ts"

/** An API key of the account, and what Kraken remembers of it. */
export interface Key {
  readonly name: string
  readonly key: string
  readonly secret: string
  permissions: ReadonlyArray<string>
  /** How far below the highest nonce a late one is still taken. */
  nonceWindow: bigint
  otp: string | undefined
  /** Unix seconds; 0: never. */
  validUntil: number
  queryFrom: number
  queryTo: number
  ipAllowlist: ReadonlyArray<string>
  highestNonce: bigint
  readonly usedNonces: Set<bigint>
  /** Refused for key, signature or nonce, one after the other. */
  failures: number
  /** Unix milliseconds. */
  lockedUntil: number
}

const readOnly = ["query-funds", "query-open-trades", "query-closed-trades", "query-ledger"]

const key = (name: string, facts: Partial<Key> = {}): Key => ({
  name,
  key: `KEY/${name}+`.padEnd(56, "0"),
  secret: Buffer.from(`secret of the key ${name} `.padEnd(64, "/")).toString("base64"),
  permissions: readOnly,
  nonceWindow: 0n,
  otp: undefined,
  validUntil: 0,
  queryFrom: 0,
  queryTo: 0,
  ipAllowlist: [""],
  highestNonce: 0n,
  usedNonces: new Set(),
  failures: 0,
  lockedUntil: 0,
  ...facts
})

/** One key of each kind that makes a difference, all of the same account. */
export const makeKeys = () => ({
  full: key("full", { permissions }),
  readOnly: key("readOnly"),
  trade: key("trade", { permissions: [...readOnly, "modify-trades", "close-trades"] }),
  none: key("none", { permissions: [] }),
  /** Since 2020. */
  expired: key("expired", { permissions, validUntil: 1_577_836_800 }),
  otp: key("otp", { permissions, otp: "correct horse + 100% #1" }),
  windowed: key("windowed", { permissions, nonceWindow: 5_000_000n }),
  /** Bound to an address that nobody has. */
  elsewhere: key("elsewhere", { permissions, ipAllowlist: ["203.0.113.7"] })
})

export type Keys = ReturnType<typeof makeKeys>

/** The answer of `GetApiKeyInfo`: the documentation spells it in camel case, the live service in snake case. */
export const keyInfo = (key: Key, spelling: "snake" | "camel") => {
  const common = { nonce: String(key.highestNonce), permissions: key.permissions, iban: "AA88 N84G WOAK NMOI" }
  return spelling === "snake"
    ? {
        ...common,
        api_key_name: key.name,
        api_key: key.key,
        nonce_window: String(key.nonceWindow),
        valid_until: String(key.validUntil),
        query_from: String(key.queryFrom),
        query_to: String(key.queryTo),
        created_time: "1750000000",
        modified_time: "1750000000",
        ip_allowlist: key.ipAllowlist,
        last_used: "1760999990"
      }
    : {
        ...common,
        apiKeyName: key.name,
        apiKey: key.key,
        nonceWindow: Number(key.nonceWindow),
        validUntil: String(key.validUntil),
        queryFrom: String(key.queryFrom),
        queryTo: String(key.queryTo),
        createdTime: "1750000000",
        modifiedTime: "1750000000",
        ipAllowlist: key.ipAllowlist.filter((address) => address !== ""),
        lastUsed: null
      }
}
