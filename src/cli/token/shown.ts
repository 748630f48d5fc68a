import { DateTime, Option } from "effect"
import { describeMandate } from "../../domain/mandates/describeMandate.ts"
import type { Mandate } from "../../domain/mandates/mandate.ts"
import { escapeText } from "../../domain/wire/escapeText.ts"
import type { Holding } from "../../layers/access/mandates/administer.ts"
import { areKnown } from "../../layers/access/marks.ts"
import { isActive } from "../../layers/access/tokenRules.ts"
import { defaultAccount } from "../../services/KrakenAccount.ts"
import type { Token } from "../../services/TokenStore.ts"

/** Prints a time to the second. */
export const iso = (time: DateTime.Utc): string => DateTime.formatIso(time).replace(/\.\d+Z$/, "Z")

/** Prints a time in Unix milliseconds to the second. */
export const isoOf = (millis: number): string => iso(DateTime.unsafeMake(millis))

/** The fields of a token that are printed as JSON. */
export const shownToken = (token: Token, now: DateTime.Utc) => ({
  id: token.id,
  name: token.name,
  status: statusOf(token, now),
  created_at: iso(token.createdAt),
  expires_at: Option.getOrNull(Option.map(token.expiresAt, iso)),
  last_used_at: Option.getOrNull(Option.map(token.lastUsedAt, iso)),
  // A server whose accounts have no names is described as before there were any.
  ...(token.account !== defaultAccount && { account: token.account }),
  modes: token.paperOnly ? ["paper"] : ["live", "paper"]
})

/** The fields of its mandate that are printed as JSON. */
export const shownHolding = ({ frozen, mandate, revision, subject }: Holding) => ({
  mandate: mandate === undefined ? null : { revision, subject, terms: mandate.terms },
  frozen: frozen === undefined ? null : { since: isoOf(frozen.at), by: frozen.by, reason: frozen.why ?? null }
})

/** `unsupported` has a mark of a newer version, and this one refuses it. `limits missing` is refused, too. */
export const statusOf = (token: Token, now: DateTime.Utc): "active" | "expired" | "revoked" | "unsupported" => {
  if (Option.isSome(token.revokedAt)) return "revoked"
  if (!isActive(token, now)) return "expired"
  return areKnown(token.marks) ? "active" : "unsupported"
}

/** Checks that a token is refused because its mandate is not in this state. */
export const lacksMandate = (token: Token, { mandate }: Holding): boolean =>
  token.marks.includes("mandate") && mandate === undefined

/** Prints the limits of spending in short: `100 USD/order, 500 USD/day`. Of a token that only reads, those of calls. */
export const shortLimits = (mandate: Mandate): string => {
  const texts = new Map(describeMandate(mandate))
  const capital = mandate.capital === undefined ? [] : [`capital ${texts.get("capital") ?? ""}`]
  const calls = Object.keys(mandate.calls).length === 0 ? [] : [`calls ${texts.get("calls") ?? ""}`]
  if (mandate.access === "read") return calls.join("") || "—"
  return [texts.get("max") ?? "", ...capital].join(", ")
}

/** Prints a mandate with a line for each limit. */
export const mandateLines = (mandate: Mandate): ReadonlyArray<string> => {
  const rows = describeMandate(mandate)
  const width = Math.max(...rows.map(([name]) => name.length))
  return rows.map(([name, text]) => `  ${name.padEnd(width)}  ${escapeText(text)}`)
}
