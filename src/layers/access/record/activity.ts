import type { Database } from "better-sqlite3"
import { Option, Schema } from "effect"
import { isEndpoint, isWrite } from "../../../domain/endpoints/endpoints.ts"
import { Intent, Outcome as OutcomeEvent, Refusal, Resolution } from "../../../domain/record/events.ts"
import { AccountName } from "../../../services/Principal.ts"
import type { AbandonedIntent, Activity, Outcome } from "../../../services/DurableRecord.ts"

const decodeIntent = Schema.decodeUnknownSync(Schema.parseJson(Intent))
const decodeDecision = Schema.decodeUnknownSync(Schema.parseJson(Schema.Union(OutcomeEvent, Resolution)))
const decodeRow = Schema.decodeUnknownSync(Schema.parseJson(Schema.Union(Intent, Refusal)))

/** The part of an outcome, a refusal or a resolution that says how a write ended. */
const decodeEnd = Schema.decodeUnknownSync(
  Schema.parseJson(
    Schema.Struct({
      error: Schema.optionalWith(Schema.String, { exact: true }),
      reason: Schema.optionalWith(Schema.String, { exact: true }),
      check: Schema.optionalWith(Schema.String, { exact: true })
    })
  )
)
const decodeIds = Schema.decodeUnknownSync(Schema.parseJson(Schema.Array(Schema.String)))

const bodyOf = (db: Database, seq: number): unknown =>
  db.prepare("SELECT body FROM events WHERE seq = ?").pluck().get(seq) ?? undefined

/** The intent as it was recorded. Undefined if its body was pruned or its endpoint is not known to this version. */
export const draftOf = (db: Database, seq: number): AbandonedIntent | undefined => {
  const body = bodyOf(db, seq)
  if (body === undefined) return undefined
  const intent = decodeIntent(body)
  if (!isEndpoint(intent.endpoint) || !isWrite(intent.endpoint)) return undefined
  return {
    seq,
    at: intent.at,
    caller: intent.actor.id,
    account: AccountName.make(intent.account),
    leaveBy: intent.leaveBy,
    endpoint: intent.endpoint,
    params: intent.request,
    fingerprints: intent.fingerprints,
    ...(intent.before !== undefined && { before: intent.before }),
    ...(intent.identity !== undefined && { identity: intent.identity }),
    ...(intent.expires !== undefined && { expiresAfter: intent.expires - intent.leaveBy })
  }
}

/** The recorded outcome of an intent. None while it is open, and when its body was pruned. */
export const outcomeOf = (db: Database, seq: number): Option.Option<Outcome> => {
  const at: unknown = db.prepare("SELECT outcome_seq FROM intents WHERE seq = ?").pluck().get(seq)
  const body = typeof at === "number" ? bodyOf(db, at) : undefined
  return body === undefined ? Option.none() : Option.some(decided(decodeDecision(body)))
}

const decided = (event: OutcomeEvent | Resolution): Outcome =>
  event.kind === "outcome" ? event : { outcome: event.outcome, ids: [], how: "the operator decided it" }

interface Filter {
  readonly key: string
  readonly account: string
  readonly caller: string
  readonly limit: number
  readonly before?: number
}

/** The writes of one caller, newest first, those that were refused included. Pruned ones are left out. */
export const activityOf = (db: Database, { account, before, caller, key, limit }: Filter): ReadonlyArray<Activity> =>
  (
    db
      .prepare(
        `SELECT seq, state, ids, body, (SELECT body FROM events WHERE seq = outcome_seq) AS outcome
         FROM intents JOIN events USING (seq)
         WHERE key = ? AND account = ? AND caller = ? AND seq < ? AND body IS NOT NULL ORDER BY seq DESC LIMIT ?`
      )
      .all(key, account, caller, before ?? Number.MAX_SAFE_INTEGER, limit) as ReadonlyArray<Row>
  ).map(activity)

interface Row {
  readonly seq: number
  readonly state: Activity["state"]
  readonly ids: string
  readonly body: string
  readonly outcome: string | null
}

const activity = ({ body, ids, outcome, seq, state }: Row): Activity => {
  const write = decodeRow(body)
  const end = outcome === null ? {} : decodeEnd(outcome)
  return {
    seq,
    state,
    at: write.at,
    caller: write.actor.id,
    endpoint: write.endpoint,
    request: write.request,
    ids: decodeIds(ids),
    ...end
  }
}
