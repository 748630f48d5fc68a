import { Console, DateTime, Effect, Option } from "effect"
import { type LimitUsage, limitsInEffect, type Usage } from "../../domain/mandates/room.ts"
import { escapeText } from "../../domain/wire/escapeText.ts"
import { type Holding, holdingOf } from "../../layers/access/mandates/administer.ts"
import { accountsOf, type UsedAccount } from "../../layers/access/mandates/accounts.ts"
import { usageOf } from "../../layers/access/record/usage.ts"
import * as Needs from "../../layers/settings/needs.ts"
import type { Reading } from "../../services/Clocks.ts"
import { TokenStore } from "../../services/TokenStore.ts"
import { table } from "../kit/textTable.ts"
import { isoOf, lacksMandate, mandateLines, shownHolding, shownToken } from "./shown.ts"
import { authority, type From, requireTokenFile, Tokens, withSettings } from "./stored.ts"
import { map, type Steps } from "../../layers/storage/steps.ts"

/** The use of a token's limits on one account. */
interface Used extends UsedAccount {
  readonly usage: Usage
}

/** Prints a token with its rights, and what is used and left of its limits on each account where it was used. */
export const show = Effect.fn("token.show")(function* ({
  id,
  json
}: { readonly id: string; readonly json: boolean } & From) {
  yield* requireTokenFile(id)
  const token = yield* Effect.provide(
    Effect.flatMap(TokenStore, ({ find }) => find(id)),
    Tokens
  )
  const { read } = yield* authority
  const found = yield* read(function* (at) {
    const holding = yield* holdingOf(id)
    return { holding, used: yield* usedBy(at, id, holding) }
  })
  const { holding, used } = Option.getOrElse(found, () => nothing(id))
  const row = shownToken(token, yield* DateTime.now)
  if (json) return yield* Console.log(JSON.stringify({ ...row, ...shownHolding(holding), usage: used.map(asJson) }))
  const { frozen, mandate, revision } = holding
  const facts: ReadonlyArray<readonly [string, string]> = [
    ["id", row.id],
    ["name", escapeText(row.name)],
    ["status", row.status],
    ["created", row.created_at],
    ["expires", row.expires_at ?? "never"],
    ["last used", row.last_used_at ?? "never"],
    ...(row.account === undefined ? [] : ([["account", row.account]] as const)),
    ["modes", row.modes.join(", ")],
    [
      "frozen",
      frozen === undefined
        ? "no"
        : `since ${isoOf(frozen.at)} by ${frozen.by}${frozen.why === undefined ? "" : ` (${escapeText(frozen.why)})`}`
    ],
    ["limits", limitsOf(lacksMandate(token, holding), mandate !== undefined, revision)]
  ]
  yield* Console.log(
    [
      ...facts.map(([name, text]) => `  ${name.padEnd(9)}  ${text}`),
      ...(mandate === undefined ? [] : ["", "Limits:", ...mandateLines(mandate.terms)]),
      ...(mandate !== undefined && used.length === 0 ? ["", "Nothing of it was used yet."] : []),
      ...used.flatMap((one) => ["", ...usageLines(one)])
    ].join("\n")
  )
}, withSettings(Needs.tokenLimits))

const nothing = (id: string): { readonly holding: Holding; readonly used: ReadonlyArray<Used> } => ({
  holding: { subject: id, revision: 0 },
  used: []
})

const limitsOf = (isMissing: boolean, hasMandate: boolean, revision: number): string => {
  if (isMissing) return "missing in this state, so the token is refused"
  return hasMandate ? `revision ${revision}` : "none"
}

/** Reads what a token has used. A token without a mandate has no limits of its own. */
function* usedBy(at: Reading, id: string, { mandate }: Holding): Steps<ReadonlyArray<Used>> {
  if (mandate === undefined) return []
  return yield* map(yield* accountsOf(mandate.subject), function* ({ account, key }): Steps<Used> {
    const party = { key, account, caller: id, mandate: Option.some(mandate) }
    return { account, key, usage: yield* usageOf({ process: "", ...at }, party, {}) }
  })
}

const asJson = ({ account, key, usage }: Used) => ({
  account,
  key,
  limits: limitsInEffect(usage).map(({ availableAt, ...limit }) => ({
    ...limit,
    available_at: availableAt === undefined ? null : isoOf(availableAt)
  })),
  owned: usage.owned,
  open_orders: usage.openOrders,
  writes_last_minute: usage.writes
})

const usageLines = ({ account, key, usage }: Used): ReadonlyArray<string> => {
  const { openOrders, owned, writes } = usage
  const cells = [
    ...limitsInEffect(usage).map(({ allowed, availableAt, left, limit, unit, used }: LimitUsage) => [
      limit,
      `${allowed} ${unit}`,
      used,
      left,
      availableAt === undefined ? "—" : isoOf(availableAt)
    ]),
    ...Object.entries(owned).map(([asset, { amount, reserved }]) => [`owned ${asset}`, amount, reserved, "", ""])
  ]
  const where = key === "paper" ? `simulated account ${account}` : `API key ${key.slice(0, 8)}`
  return [
    table(`Used on ${where}`, ["Limit", "Allowed", "Used", "Left", "More at"], cells),
    "",
    `Open orders: ${openOrders}. Writes in the last minute: ${writes}.`
  ]
}
