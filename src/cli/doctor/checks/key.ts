import { DateTime, Duration, Effect, Option } from "effect"
import { type KeyInfo, limitsOf, readKeyInfo } from "../../../domain/keys/keyInfo.ts"
import { meaning, type Permission } from "../../../domain/keys/permissions.ts"
import { pairOf, unnamedPair } from "../../../layers/settings/keyPairs.ts"
import type { Config } from "../../../services/Config.ts"
import { defaultAccount, type KrakenAccountName } from "../../../services/KrakenAccount.ts"
import { KrakenClient, type ReadError } from "../../../services/KrakenClient.ts"
import { error, type Finding, info, warning } from "../kit/finding.ts"

/** The time before its end at which a key has to be replaced, in seconds. */
const soon = Duration.toSeconds("14 days")

/** The settings that say which tools a server offers. */
export type Offer = Pick<typeof Config.Service, "readOnly" | "toolsets">

/** Asks Kraken what the API key can do, and lists what is wrong or weak about it. */
export const auditKey = Effect.fnUntraced(function* (config: typeof Config.Service, offer: Offer) {
  if (config.mode === "paper") return []
  if (Option.isNone(config.credentials))
    return [info("key.none", "There is no API key: only public market data is offered.")]
  const kraken = yield* KrakenClient
  return yield* kraken.read("private/GetApiKeyInfo", {}).pipe(
    Effect.map(readKeyInfo),
    Effect.flatMap(
      Option.match({
        onNone: () => Effect.succeed([notChecked("its answer has an unknown shape")]),
        onSome: (key) => Effect.map(DateTime.now, (now) => keyFindings(key, offer, now))
      })
    ),
    Effect.catchAll((failure) => Effect.succeed([refused(failure, config.account)]))
  )
})

const notChecked = (why: string): Finding =>
  warning("key.not-checked", `Kraken did not describe the API key: ${why}.`, "Run doctor again.")

const refused = (failure: ReadError, account: KrakenAccountName): Finding => {
  const { key, otp, secret } = account === defaultAccount ? unnamedPair : pairOf(account)
  switch (failure._tag) {
    case "KrakenAuthError":
      return error(
        "key.invalid",
        `${withoutStop(failure.message)}.`,
        failure.reason === "nonce"
          ? "Another program uses the same API key. Give each program a key of its own."
          : `Compare ${key.name}, ${secret.name} and ${otp.name} with the key on kraken.com.`
      )
    case "KrakenPermissionError":
      return error(
        "key.refused",
        "Kraken refuses the API key from this machine: it is limited to other addresses, or lacks a permission.",
        "Compare the list of addresses of the key on kraken.com with the address of this machine."
      )
    default:
      return notChecked(withoutStop(failure.message))
  }
}

const withoutStop = (text: string): string => text.replace(/\.$/, "")

/** Permissions that a program needs to find out what became of orders that it sends. */
const forOrders: ReadonlyArray<Permission> = ["query-funds", "query-open-trades", "query-closed-trades"]

const moving: ReadonlyArray<Permission> = ["withdraw-funds", "add-withdraw-address", "update-withdraw-address"]

/** Lists what is wrong or weak about a key. */
export const keyFindings = (key: KeyInfo, { readOnly, toolsets }: Offer, now: DateTime.Utc): ReadonlyArray<Finding> => {
  const seconds = now.epochMillis / 1000
  const isExpired = key.validUntil > 0 && key.validUntil <= seconds
  const holds = (permissions: ReadonlyArray<Permission>) => permissions.filter((one) => key.permissions.has(one))
  const out = holds(moving)
  const missing = forOrders.filter((permission) => !key.permissions.has(permission))
  const trades = key.permissions.has("modify-trades") && !readOnly
  const isOffered = !readOnly && toolsets.includes("funding")
  return [
    ...(isExpired
      ? [error("key.expired", limitsOf({ ...key, ipAllowlist: [], queryFrom: 0, queryTo: 0 }, now).join(" "), replace)]
      : []),
    ...(!isExpired && key.validUntil > 0 && key.validUntil < seconds + soon
      ? [warning("key.expires-soon", `The API key expires on ${dayOf(key.validUntil)}.`, replace)]
      : []),
    ...(key.validUntil === 0
      ? [warning("key.no-expiry", "The API key never expires.", "Give it an expiry on kraken.com.")]
      : []),
    ...(key.ipAllowlist.length === 0
      ? [
          warning(
            "key.no-address-list",
            "The API key can be used from any address.",
            "Limit it on kraken.com to the address of this machine."
          )
        ]
      : []),
    ...(out.length > 0
      ? [
          warning(
            "key.withdrawal",
            `The API key can move money out of the account (${out.map(meaning).join(", ")})${isOffered ? "" : ", and this server offers no tool that needs it"}.`,
            "Take the permission away on kraken.com if nobody needs it."
          )
        ]
      : []),
    key.nonceWindow > 0n
      ? warning(
          "key.nonce-window",
          `The API key has a nonce window of ${key.nonceWindow}. Reads are faster, since they overlap. But a lost request might still be carried out later, so its outcome stays unknown for longer.`,
          "Set it to 0 on kraken.com if orders are sent with this key."
        )
      : info(
          "key.no-nonce-window",
          `Calls with this API key run one at a time, since it has no nonce window. With a window, reads would overlap, and six at once would take as long as one. ${trades ? "But after a lost answer, it would take longer to rule out that the order was placed." : "For a read-only key, a window has no drawback."}`
        ),
    ...(missing.length > 0
      ? [
          (trades ? warning : info)(
            "key.query-missing",
            trades
              ? `The API key can place orders but lacks permissions to see what became of them: ${missing.map(meaning).join(", ")}.`
              : `The API key lacks permissions to read the account: ${missing.map(meaning).join(", ")}.`,
            "Add them on kraken.com."
          )
        ]
      : [])
  ]
}

const replace = "Make a new key on kraken.com, and delete this one there."

const dayOf = (seconds: number): string => new Date(seconds * 1000).toISOString().slice(0, 10)
