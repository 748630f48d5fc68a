import { Either, Option } from "effect"
import type { Actor, Event, OutcomeName } from "../../../domain/record/events.ts"
import { type AccountsByKey, noAccountNames } from "./accountsByKey.ts"
import { decodeTexts, readable } from "./readable.ts"
import { decodeEvent } from "./verify.ts"
import { all, first, type Steps } from "../../storage/steps.ts"

/** A row of the record as it is stored. */
export interface StoredRow {
  readonly seq: number
  /** Null if it was pruned. */
  readonly body: string | null
  readonly body_hash: string
  readonly hash: string
}

/** The rows that follow a number, oldest first, at most a thousand. */
export function* rowsAfter(seq: number): Steps<ReadonlyArray<StoredRow>> {
  return yield* all<StoredRow>(
    "SELECT seq, body, body_hash, hash FROM events WHERE seq > ? ORDER BY seq LIMIT 1000",
    seq
  )
}

/** One row by its number. */
export function* rowAt(seq: number): Steps<Option.Option<StoredRow>> {
  return Option.fromNullable(
    yield* first<StoredRow>("SELECT seq, body, body_hash, hash FROM events WHERE seq = ?", seq)
  )
}

/** The rows that say what became of a write. */
export function* rowsAbout(intent: number): Steps<ReadonlyArray<StoredRow>> {
  return yield* all<StoredRow>(
    `SELECT seq, body, body_hash, hash FROM events WHERE seq > ? AND json_valid(body)
       AND CAST(json_extract(body, '$.intent') AS BIGINT) = ? ORDER BY seq`,
    intent,
    intent
  )
}

export const states = ["open", "happened", "did-not-happen", "unknown", "refused"] as const
export type State = "open" | OutcomeName | "refused"

/** A write, or an act of the operator, in a list. */
export interface Listed {
  readonly seq: number
  readonly at: number
  readonly caller: string
  /** The owner's name for the token. */
  readonly name?: string
  /** The Kraken account, if accounts have names. */
  readonly account?: string
  /** The caller whose limits were changed, or that was frozen or unfrozen, with the owner's name for it. */
  readonly about?: Actor
  /** Null for an act of the operator. */
  readonly endpoint: string | null
  /** The state of a write, or the kind of another event. */
  readonly state: State | Event["kind"]
  readonly ids: ReadonlyArray<string>
  readonly reason?: string
}

interface Filter {
  readonly limit: number
  readonly before: Option.Option<number>
  readonly caller: Option.Option<string>
  readonly state: Option.Option<State>
}

interface Found {
  readonly seq: number
  readonly body: string
  readonly state: State | null
  readonly ids: string | null
  readonly outcome: string | null
}

/** Rows that are read at once. */
const batch = 200

/** Writes and acts of the operator, newest first. Outcomes are part of their writes, and pruned rows are left out. */
export function* listRows(
  { before, caller, limit, state }: Filter,
  names: AccountsByKey = noAccountNames
): Steps<ReadonlyArray<Listed>> {
  const list: Array<Listed> = []
  let last = Option.getOrElse(before, () => Number.MAX_SAFE_INTEGER)
  for (;;) {
    const rows: ReadonlyArray<Found> = yield* all<Found>(
      `SELECT e.seq, e.body, i.state, i.ids, (SELECT body FROM events WHERE seq = i.outcome_seq) AS outcome
       FROM events e LEFT JOIN intents i ON i.seq = e.seq
       WHERE e.body IS NOT NULL AND e.seq < @last
         AND (i.state = @state OR @state IS NULL) AND (i.caller = @caller OR @caller IS NULL)
       ORDER BY e.seq DESC LIMIT ${batch}`,
      { last, state: Option.getOrNull(state), caller: Option.getOrNull(caller) }
    )
    for (const row of rows) {
      last = row.seq
      const event = eventOf(row.seq, row.body)
      if (event.kind === "outcome") continue
      list.push(listed(row, event, names))
      if (list.length >= limit) return list
    }
    if (rows.length < batch) return list
  }
}

const eventOf = (seq: number, body: string): Event => readable(seq, decodeEvent(body))

/** Names the Kraken account that a row is of. Undefined if it is of none, is not understood, or accounts have no names. */
export const accountOfRow = (body: string, names: AccountsByKey): string | undefined =>
  Either.match(decodeEvent(body), { onLeft: () => undefined, onRight: (event) => accountOfEvent(event, names) })

const accountOfEvent = (event: Event, names: AccountsByKey): string | undefined =>
  "key" in event && event.key !== undefined ? names.get(event.key) : undefined

const listed = ({ ids, outcome, seq, state }: Found, event: Event, names: AccountsByKey): Listed => {
  const end = outcome === null ? event : eventOf(seq, outcome)
  const reason = "reason" in end ? end.reason : undefined
  const about = aboutOf(event)
  const account = accountOfEvent(event, names)
  return {
    seq,
    at: event.at,
    caller: event.actor.id,
    ...(event.actor.name !== undefined && { name: event.actor.name }),
    ...(account !== undefined && { account }),
    ...(about !== undefined && { about }),
    endpoint: "endpoint" in event ? event.endpoint : null,
    state: state ?? event.kind,
    ids: Either.getOrElse(decodeTexts(ids ?? "[]"), () => []),
    ...(reason !== undefined && { reason })
  }
}

/** The caller that a row is about: of a change of limits or a freeze. */
const aboutOf = (event: Event): Actor | undefined => {
  switch (event.kind) {
    case "mandate":
      return { id: event.token, ...(event.name !== undefined && { name: event.name }) }
    case "freeze":
      return event.caller ?? { id: event.subject }
    default:
      return undefined
  }
}
