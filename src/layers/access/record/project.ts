import type { Event, Halt, Intent, Outcome, Refusal } from "../../../domain/record/events.ts"
import {
  haltColumns,
  holdingColumns,
  intentColumns,
  mandateColumns,
  planColumns,
  spendColumns,
  useColumns,
  useSumColumns
} from "./layout.ts"
import type { Place } from "./place.ts"
import * as Mandates from "./projectMandates.ts"
import * as Plans from "./projectPlans.ts"
import * as Spending from "./projectSpending.ts"
import { column, run, type Steps } from "../../storage/steps.ts"

/** Makes empty projections in temporary tables. */
export function* makeTemporaryProjections(): Steps<void> {
  yield* dropTemporaryProjections()
  for (const text of temporaryTables) yield* run(text)
}

const temporaryTables: ReadonlyArray<string> = [
  `CREATE TABLE temp.rebuilt_intents (${intentColumns}) STRICT`,
  `CREATE TABLE temp.rebuilt_made (key TEXT NOT NULL, account TEXT NOT NULL, id TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (key, account, id, seq)) STRICT, WITHOUT ROWID`,
  `CREATE TABLE temp.rebuilt_spends (${spendColumns}) STRICT`,
  `CREATE INDEX temp.rebuilt_spends_raising ON rebuilt_spends (of_seq, of_n) WHERE of_seq IS NOT NULL`,
  `CREATE TABLE temp.rebuilt_uses (${useColumns}) STRICT, WITHOUT ROWID`,
  `CREATE INDEX temp.rebuilt_uses_spend ON rebuilt_uses (seq, n)`,
  `CREATE TABLE temp.rebuilt_use_sums (${useSumColumns}) STRICT, WITHOUT ROWID`,
  `CREATE TABLE temp.rebuilt_holdings (${holdingColumns}) STRICT, WITHOUT ROWID`,
  `CREATE TABLE temp.rebuilt_mandates (${mandateColumns}) STRICT`,
  `CREATE TABLE temp.rebuilt_halt (${haltColumns}) STRICT`,
  `CREATE TABLE temp.rebuilt_plans (${planColumns}) STRICT`
]

/** The projections. All but sums have a column of the row that wrote them or that they belong to. */
export const projections = [
  "intents",
  "made",
  "spends",
  "uses",
  "use_sums",
  "holdings",
  "mandates",
  "halt",
  "plans"
] as const

export function* dropTemporaryProjections(): Steps<void> {
  for (const table of projections) yield* run(`DROP TABLE IF EXISTS temp.rebuilt_${table}`)
}

/** Updates the projections by one event. */
export function* project(place: Place, seq: number, event: Event): Steps<void> {
  switch (event.kind) {
    case "intent":
      yield* begin(place, seq, event)
      yield* Plans.carryOut(place, seq, event)
      return yield* Spending.reserve(place, seq, event)
    case "outcome":
      yield* decide(place, seq, event)
      return yield* Spending.decideSpends(place, seq, event)
    case "resolution":
      yield* run(
        `UPDATE ${place}intents SET state = ?, decided_at = ?, outcome_seq = ?, blocks = 0 WHERE seq = ? AND state = 'unknown'`,
        event.outcome,
        event.at,
        seq,
        event.intent
      )
      return yield* Spending.resolveSpends(place, seq, event.intent, event.outcome === "happened")
    case "rekey":
      yield* run(`UPDATE ${place}intents SET key = ? WHERE key = ?`, event.to, event.from)
      yield* run(
        `UPDATE ${place}made AS m SET key = @to WHERE key = @from AND NOT EXISTS (
           SELECT 1 FROM ${place}made AS o
           WHERE o.key = @to AND o.account = m.account AND o.id = m.id AND o.seq = m.seq)`,
        { from: event.from, to: event.to }
      )
      yield* Plans.voidRekeyed(place, { at: event.at, seq }, event.from)
      yield* run(`UPDATE ${place}plans SET key = ? WHERE key = ?`, event.to, event.from)
      return yield* Spending.rekeySpends(place, event.from, event.to)
    case "restore":
      return yield* Plans.voidAll(place, { at: event.at, seq })
    case "secret":
      return
    case "fills":
      return yield* Spending.fill(place, seq, event)
    case "mandate":
      yield* Plans.voidChanged(place, seq, event)
      return yield* Mandates.changeMandate(place, seq, event)
    case "freeze":
      yield* Plans.voidFrozen(place, seq, event)
      return yield* Mandates.freeze(place, seq, event)
    case "halt":
      if (event.halted) yield* Plans.voidHalted(place, { at: event.at, seq })
      return yield* halt(place, seq, event)
    case "plan":
      return yield* Plans.plan(place, seq, event)
    case "answer":
      return yield* Plans.answer(place, seq, event)
    case "prune": {
      const { through } = event
      yield* run(`DELETE FROM ${place}made WHERE seq IN (${Spending.prunable(place)})`, { through })
      // Intents come last, since they say which spends are prunable.
      const removed = yield* column<number>(Spending.prunable(place), { through })
      yield* Spending.pruneSpends(place, seq, event)
      for (const intent of removed) yield* run(`DELETE FROM ${place}intents WHERE seq = ?`, intent)
      return
    }
    case "refusal":
      return yield* refuse(place, seq, event)
  }
}

function* begin(place: Place, seq: number, intent: Intent): Steps<void> {
  yield* run(
    `INSERT INTO ${place}intents (seq, key, account, caller, endpoint, identity, fingerprints, at, leave_by, expires,
       state, decided_at, outcome_seq, ids, blocks)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'open', NULL, NULL, '[]', 1)`,
    seq,
    intent.key,
    intent.account,
    intent.actor.id,
    intent.endpoint,
    intent.identity ?? null,
    JSON.stringify(intent.fingerprints),
    intent.at,
    intent.leaveBy,
    intent.expires ?? null
  )
}

function* refuse(place: Place, seq: number, { account, actor, at, endpoint, key }: Refusal): Steps<void> {
  yield* run(
    `INSERT INTO ${place}intents (seq, key, account, caller, endpoint, identity, fingerprints, at, leave_by, expires,
       state, decided_at, outcome_seq, ids, blocks)
     VALUES (?, ?, ?, ?, ?, NULL, '[]', ?, ?, NULL, 'refused', ?, ?, '[]', 0)`,
    seq,
    key,
    account,
    actor.id,
    endpoint,
    at,
    at,
    at,
    seq
  )
}

function* decide(place: Place, seq: number, outcome: Outcome): Steps<void> {
  const blocks = outcome.outcome === "unknown" && outcome.safeToRepeat !== true
  yield* run(
    `UPDATE ${place}intents SET state = ?, decided_at = ?, outcome_seq = ?, ids = ?, blocks = ?
     WHERE seq = ? AND state IN ('open', 'unknown')`,
    outcome.outcome,
    outcome.at,
    seq,
    JSON.stringify(outcome.ids),
    blocks ? 1 : 0,
    outcome.intent
  )
  for (const id of outcome.ids)
    yield* run(
      `INSERT INTO ${place}made (key, account, id, seq) SELECT key, account, ?, seq FROM ${place}intents WHERE seq = ?
       ON CONFLICT DO NOTHING`,
      id,
      outcome.intent
    )
}

/** Stops all writes, or allows them again. */
function* halt(place: Place, seq: number, { actor, at, halted, reason }: Halt): Steps<void> {
  yield* run(
    `INSERT INTO ${place}halt (id, halted, at, by, why, seq) VALUES (1, ?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET halted = excluded.halted, at = excluded.at, by = excluded.by, why = excluded.why,
       seq = excluded.seq`,
    halted ? 1 : 0,
    at,
    actor.id,
    reason ?? null,
    seq
  )
}
