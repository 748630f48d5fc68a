import { permissions } from "./Permissions.ts"

/** An API key of the account, with the state that Kraken keeps of it. */
export interface Key {
  readonly name: string
  readonly key: string
  readonly secret: string
  permissions: ReadonlyArray<string>
  /** Distance below the highest nonce at which a late one is still accepted. */
  nonceWindow: bigint
  otp: string | undefined
  /** Unix seconds. 0 means that it never expires. */
  validUntil: number
  queryFrom: number
  queryTo: number
  ipAllowlist: ReadonlyArray<string>
  highestNonce: bigint
  readonly usedNonces: Set<bigint>
  /** Consecutive refusals for key, signature or nonce. */
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

/** Makes one key of each kind, all of the same account. */
export const makeKeys = () => ({
  full: key("full", { permissions }),
  readOnly: key("readOnly"),
  trade: key("trade", { permissions: [...readOnly, "modify-trades", "close-trades"] }),
  none: key("none", { permissions: [] }),
  /** Expired since 2020. */
  expired: key("expired", { permissions, validUntil: 1_577_836_800 }),
  otp: key("otp", { permissions, otp: "correct horse + 100% #1" }),
  windowed: key("windowed", { permissions, nonceWindow: 5_000_000n }),
  /** Restricted to an IP address from which no call comes. */
  elsewhere: key("elsewhere", { permissions, ipAllowlist: ["203.0.113.7"] })
})

export type Keys = ReturnType<typeof makeKeys>

/** Makes the answer of `GetApiKeyInfo`. The documentation spells it in camel case, the live service in snake case. */
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
