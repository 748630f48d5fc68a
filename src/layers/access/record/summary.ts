import { Option } from "effect"
import { everyone } from "../../../domain/mandates/claim.ts"
import type { Mandate } from "../../../domain/mandates/mandate.ts"
import type { RecordSummary, SettingsLimits } from "../../../services/Record.ts"
import { AccountName, type MandateInForce } from "../../../services/Principal.ts"
import { readHead } from "./append.ts"
import { stopIn } from "./emergency.ts"
import type { Now } from "./now.ts"
import { mandatesOf } from "./mandates.ts"
import type { Party } from "./party.ts"
import { budgetStates } from "./spendingLimits.ts"
import { windowTime } from "./windows.ts"
import { all, type Steps, value } from "../../storage/steps.ts"

/** The most mandates whose budgets are read. */
const mostMandates = 200

/** Sums up the record of one key at a moment. */
export function* summaryOf(now: Now, key: string, { local, server }: SettingsLimits): Steps<RecordSummary> {
  const counts = function* (text: string, parameters: { readonly key: string; readonly now?: number }) {
    const rows = yield* all<{ readonly state: string; readonly count: number }>(text, parameters)
    return Object.fromEntries(rows.map(({ count, state }) => [state, count]))
  }
  const accountOf = (subject: string) => AccountName(key === "paper" ? subject : "kraken")
  const budgets: Array<RecordSummary["budgets"][number]> = []
  for (const mandate of [...Option.toArray(Option.map(local, ofSettings)), ...(yield* mandatesOf(mostMandates))]) {
    const { subject } = mandate
    const party: Party = { key, account: accountOf(subject), caller: subject, mandate: Option.some(mandate) }
    const states = yield* budgetStates(party, undefined, yield* windowTime(now, party, {}))
    budgets.push(...states.map((state) => ({ caller: subject, ...state })))
  }
  const everybody: Party = { key, account: accountOf(everyone), caller: everyone, mandate: Option.none() }
  return {
    head: (yield* readHead()).seq,
    isStopped: (yield* stopIn()) !== undefined,
    frozenCallers: Number(yield* value("SELECT count(*) FROM mandates WHERE frozen_at IS NOT NULL")),
    intents: {
      open: 0,
      unknown: 0,
      ...(yield* counts(
        "SELECT state, count(*) AS count FROM intents WHERE key = @key AND state IN ('open', 'unknown') GROUP BY state",
        { key }
      ))
    },
    approvals: yield* counts(
      `SELECT CASE WHEN intent IS NOT NULL THEN 'sent' WHEN state IN ('open', 'approved') AND expires <= @now THEN 'expired'
         ELSE state END AS state, count(*) AS count FROM plans WHERE key = @key GROUP BY 1`,
      { key, now: now.wall }
    ),
    budgets: [
      ...budgets,
      // On paper each caller has an account of its own, of which the limits of the server are judged by itself.
      ...(key === "paper"
        ? []
        : (yield* budgetStates(everybody, Option.getOrUndefined(server), yield* windowTime(now, everybody, {}))).map(
            (state) => ({
              caller: "server",
              ...state
            })
          ))
    ]
  }
}

const ofSettings = (terms: Mandate): MandateInForce => ({ subject: "local", revision: 1, terms })
