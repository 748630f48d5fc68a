import type { Database } from "better-sqlite3"
import { Option } from "effect"
import { everyone } from "../../../domain/mandates/claim.ts"
import type { Mandate } from "../../../domain/mandates/mandate.ts"
import type { RecordSummary, SettingsLimits } from "../../../services/Record.ts"
import { AccountName, type MandateInForce } from "../../../services/Principal.ts"
import { readHead } from "./append.ts"
import { stopIn } from "./emergency.ts"
import type { Now } from "./intents.ts"
import { mandatesOf } from "./mandates.ts"
import type { Party } from "./party.ts"
import { budgetStates } from "./spendingLimits.ts"
import { statement } from "./statement.ts"
import { windowTime } from "./windows.ts"

/** The most mandates whose budgets are read. */
const mostMandates = 200

/** Sums up the record of one key at a moment. */
export const summaryOf = (db: Database, now: Now, key: string, { local, server }: SettingsLimits): RecordSummary => {
  const counts = (sql: string) =>
    Object.fromEntries(
      (
        statement(db, sql).all({ key, now: now.wall }) as ReadonlyArray<{
          readonly state: string
          readonly count: number
        }>
      ).map(({ count, state }) => [state, count])
    )
  const mandates = [...Option.toArray(Option.map(local, ofSettings)), ...mandatesOf(db, mostMandates)]
  const accountOf = (subject: string) => AccountName.make(key === "paper" ? subject : "kraken")
  const budgets = mandates.flatMap((mandate) => {
    const party: Party = {
      key,
      account: accountOf(mandate.subject),
      caller: mandate.subject,
      mandate: Option.some(mandate)
    }
    return budgetStates(db, party, undefined, windowTime(db, now, party, {})).map((state) => ({
      caller: mandate.subject,
      ...state
    }))
  })
  const all: Party = { key, account: accountOf(everyone), caller: everyone, mandate: Option.none() }
  return {
    head: readHead(db).seq,
    isStopped: stopIn(db) !== undefined,
    frozenCallers: Number(statement(db, "SELECT count(*) FROM mandates WHERE frozen_at IS NOT NULL").pluck().get()),
    intents: {
      open: 0,
      unknown: 0,
      ...counts(
        "SELECT state, count(*) AS count FROM intents WHERE key = @key AND state IN ('open', 'unknown') GROUP BY state"
      )
    },
    approvals: counts(
      `SELECT CASE WHEN intent IS NOT NULL THEN 'sent' WHEN state IN ('open', 'approved') AND expires <= @now THEN 'expired'
         ELSE state END AS state, count(*) AS count FROM plans WHERE key = @key GROUP BY 1`
    ),
    budgets: [
      ...budgets,
      // On paper each caller has an account of its own, of which the limits of the server are judged by itself.
      ...(key === "paper"
        ? []
        : budgetStates(db, all, Option.getOrUndefined(server), windowTime(db, now, all, {})).map((state) => ({
            caller: "server",
            ...state
          })))
    ]
  }
}

const ofSettings = (terms: Mandate): MandateInForce => ({ subject: "local", revision: 1, terms })
