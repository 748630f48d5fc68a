import { Either, Option, Schema } from "effect"
import { isEndpoint, isWrite } from "../../../domain/endpoints/endpoints.ts"
import { Intent, Outcome as OutcomeEvent, Refusal, Resolution } from "../../../domain/record/events.ts"
import { AccountName } from "../../../services/Principal.ts"
import type { AbandonedIntent, Activity, Outcome } from "../../../services/Record.ts"
import { decodeTexts, readable } from "./readable.ts"
import { all, first, type Steps } from "../../storage/steps.ts"

const decodeIntent = Schema.decodeUnknownEither(Schema.parseJson(Intent))
const decodeDecision = Schema.decodeUnknownEither(Schema.parseJson(Schema.Union(OutcomeEvent, Resolution)))
const decodeRow = Schema.decodeUnknownEither(Schema.parseJson(Schema.Union(Intent, Refusal)))

/** The part of an outcome, a refusal or a resolution that says how a write ended. */
const decodeEnd = Schema.decodeUnknownEither(
  Schema.parseJson(
    Schema.Struct({
      error: Schema.optionalWith(Schema.String, { exact: true }),
      reason: Schema.optionalWith(Schema.String, { exact: true }),
      check: Schema.optionalWith(Schema.String, { exact: true })
    })
  )
)

function* bodyOf(seq: number): Steps<unknown> {
  return (
    (yield* first<{ readonly body: string | null }>("SELECT body FROM events WHERE seq = ?", seq))?.body ?? undefined
  )
}

/** The intent as it was recorded. Undefined if this version does not know its endpoint, or its row was altered. */
export function* draftOf(seq: number): Steps<Omit<AbandonedIntent, "owner"> | undefined> {
  const body = yield* bodyOf(seq)
  if (body === undefined) return undefined
  const decoded = decodeIntent(body)
  if (Either.isLeft(decoded)) return undefined
  const intent = decoded.right
  if (!isEndpoint(intent.endpoint) || !isWrite(intent.endpoint)) return undefined
  return {
    seq,
    at: intent.at,
    caller: intent.actor.id,
    account: AccountName(intent.account),
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
export function* outcomeOf(seq: number): Steps<Option.Option<Outcome>> {
  const row = yield* first<{ readonly outcome_seq: number | null; readonly ids: string }>(
    "SELECT outcome_seq, ids FROM intents WHERE seq = ?",
    seq
  )
  const at = row?.outcome_seq ?? undefined
  const body = at === undefined ? undefined : yield* bodyOf(at)
  if (row === undefined || at === undefined || body === undefined) return Option.none()
  const event = readable(at, decodeDecision(body))
  return Option.some(
    event.kind === "outcome"
      ? event
      : { outcome: event.outcome, ids: readable(seq, decodeTexts(row.ids)), how: "the operator decided it" }
  )
}

interface Filter {
  readonly key: string
  readonly account: string
  readonly caller: string
  readonly limit: number
  readonly before?: number
}

/** The writes of one caller, newest first, those that were refused included. Pruned ones are left out. */
export function* activityOf({ account, before, caller, key, limit }: Filter): Steps<ReadonlyArray<Activity>> {
  return (yield* all<Row>(
    `SELECT seq, state, ids, body, (SELECT body FROM events WHERE seq = outcome_seq) AS outcome
       FROM intents JOIN events USING (seq)
       WHERE key = ? AND account = ? AND caller = ? AND seq < ? AND body IS NOT NULL ORDER BY seq DESC LIMIT ?`,
    key,
    account,
    caller,
    before ?? Number.MAX_SAFE_INTEGER,
    limit
  )).map(activity)
}

interface Row {
  readonly seq: number
  readonly state: Activity["state"]
  readonly ids: string
  readonly body: string
  readonly outcome: string | null
}

const activity = ({ body, ids, outcome, seq, state }: Row): Activity => {
  const write = readable(seq, decodeRow(body))
  const end = outcome === null ? {} : readable(seq, decodeEnd(outcome))
  return {
    seq,
    state,
    at: write.at,
    caller: write.actor.id,
    endpoint: write.endpoint,
    request: write.request,
    ids: readable(seq, decodeTexts(ids)),
    ...end
  }
}
