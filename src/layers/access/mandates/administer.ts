import type { Database } from "better-sqlite3"
import type { Mandate } from "../../../domain/mandates/mandate.ts"
import type { Actor } from "../../../domain/record/events.ts"
import type { MandateInForce } from "../../../services/Principal.ts"
import { append } from "../record/append.ts"
import type { Head } from "../record/chain.ts"
import { dropAllQueued } from "../record/intents.ts"
import { mandateOf } from "../record/mandates.ts"
import { statement } from "../record/statement.ts"

/** The changes that are made to mandates. All run inside a transaction. */

const operator: Actor = { id: "local" }

/** The state of a caller's mandate. */
export interface Holding {
  /** The id under which usage is counted and which is frozen. */
  readonly subject: string
  /** The newest revision; 0 if there never was a mandate. It goes on counting after one was removed. */
  readonly revision: number
  /** Absent if the caller has no mandate. */
  readonly mandate?: MandateInForce
  /** Absent unless the caller is frozen. */
  readonly frozen?: { readonly at: number; readonly by: string; readonly why?: string }
}

/** Reads the state of a token, or of `local`. */
export const holdingOf = (db: Database, caller: string): Holding => {
  const row = statement(
    db,
    `SELECT subject, revision, frozen_at, frozen_by, frozen_why FROM mandates
     WHERE token = @caller OR (token IS NULL AND subject = @caller) ORDER BY token IS NULL LIMIT 1`
  ).get({ caller }) as Row | undefined
  if (row === undefined) return { subject: caller, revision: 0 }
  const mandate = mandateOf(db, caller)
  const { frozen_at, frozen_by, frozen_why, revision, subject } = row
  return {
    subject,
    revision,
    ...(mandate !== undefined && { mandate }),
    ...(frozen_at !== null && {
      frozen: { at: frozen_at, by: frozen_by ?? "", ...(frozen_why !== null && { why: frozen_why }) }
    })
  }
}

interface Row {
  readonly subject: string
  readonly revision: number
  readonly frozen_at: number | null
  readonly frozen_by: string | null
  readonly frozen_why: string | null
}

/** Another change came first: the revision that it was made from is not the newest. */
export interface Stale {
  readonly _tag: "Stale"
  readonly newest: number
}

export type Changed = { readonly _tag: "Changed"; readonly head: Head; readonly revision: number } | Stale

interface Change {
  /** The id of a token. */
  readonly token: string
  /** The revision that the change was made from; 0 if there was none. */
  readonly expected: number
  /** The owner's name for the token, for the record. */
  readonly name?: string
}

/** Saves the mandate of a token. Its usage is kept. */
export const save = (db: Database, at: number, { terms, ...made }: Change & { readonly terms: Mandate }): Changed =>
  change(db, at, { ...made, holder: made.token, terms })

/** Removes the mandate of a token, which keeps its usage for another mandate, and stays frozen if it is. */
export const remove = (db: Database, at: number, made: Change): Changed =>
  change(db, at, { ...made, holder: made.token, terms: undefined })

/** Moves the mandate of a token, its usage and the freeze of it to another token. */
export const rotate = (
  db: Database,
  at: number,
  { to, ...made }: Change & { readonly to: string }
): Changed | { readonly _tag: "Nothing" } => {
  const { frozen, mandate, revision } = holdingOf(db, made.token)
  if (revision === 0 && frozen === undefined && made.expected === 0) return { _tag: "Nothing" }
  return change(db, at, { ...made, holder: to, terms: mandate?.terms })
}

const change = (
  db: Database,
  at: number,
  {
    expected,
    holder,
    name,
    terms,
    token
  }: Change & {
    /** The token that has it afterwards. */
    readonly holder: string
    readonly terms: Mandate | undefined
  }
): Changed => {
  const { revision: newest, subject } = holdingOf(db, token)
  if (newest !== expected) return { _tag: "Stale", newest }
  const revision = newest + 1
  const head = append(db, {
    kind: "mandate",
    at,
    actor: operator,
    subject,
    token: holder,
    ...(name !== undefined && { name }),
    ...(holder !== token && { replaces: token }),
    revision,
    ...(terms !== undefined && { terms })
  })
  return { _tag: "Changed", head, revision }
}

/**
 * Freezes a caller or unfreezes it: a token with or without a mandate, or `local`. Its writes that wait for their turn do
 * not leave any more. Undefined if it is so already.
 */
export const freeze = (
  db: Database,
  at: number,
  {
    actor = operator,
    caller,
    frozen,
    name,
    reason
  }: {
    readonly caller: string
    /** The owner's name for the caller, for the record. */
    readonly name?: string | undefined
    readonly frozen: boolean
    readonly reason?: string | undefined
    readonly actor?: Actor
  }
): Head | undefined => {
  const { frozen: now, subject } = holdingOf(db, caller)
  if ((now !== undefined) === frozen) return undefined
  if (frozen) dropAllQueued(db, caller)
  return append(db, {
    kind: "freeze",
    at,
    actor,
    subject,
    caller: { id: caller, ...(name !== undefined && { name }) },
    frozen,
    ...(reason !== undefined && { reason })
  })
}
