import type { Mandate } from "../../../domain/mandates/mandate.ts"
import type { Actor } from "../../../domain/record/events.ts"
import type { MandateInForce } from "../../../services/Principal.ts"
import { append } from "../record/append.ts"
import type { Head } from "../record/chain.ts"
import { dropAllQueued } from "../record/intents.ts"
import { mandateOf } from "../record/mandates.ts"
import { first, type Steps } from "../../storage/steps.ts"

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
export function* holdingOf(caller: string): Steps<Holding> {
  const row = yield* first<Row>(
    `SELECT subject, revision, frozen_at, frozen_by, frozen_why FROM mandates
     WHERE token = @caller OR (token IS NULL AND subject = @caller) ORDER BY token IS NULL LIMIT 1`,
    { caller }
  )
  if (row === undefined) return { subject: caller, revision: 0 }
  const mandate = yield* mandateOf(caller)
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
export function* save(at: number, { terms, ...made }: Change & { readonly terms: Mandate }): Steps<Changed> {
  return yield* change(at, { ...made, holder: made.token, terms })
}

/** Removes the mandate of a token, which keeps its usage for another mandate, and stays frozen if it is. */
export function* remove(at: number, made: Change): Steps<Changed> {
  return yield* change(at, { ...made, holder: made.token, terms: undefined })
}

/** Moves the mandate of a token, its usage and the freeze of it to another token. */
export function* rotate(
  at: number,
  { to, ...made }: Change & { readonly to: string }
): Steps<Changed | { readonly _tag: "Nothing" }> {
  const { frozen, mandate, revision } = yield* holdingOf(made.token)
  if (revision === 0 && frozen === undefined && made.expected === 0) return { _tag: "Nothing" }
  return yield* change(at, { ...made, holder: to, terms: mandate?.terms })
}

function* change(
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
): Steps<Changed> {
  const { revision: newest, subject } = yield* holdingOf(token)
  if (newest !== expected) return { _tag: "Stale", newest }
  const revision = newest + 1
  const head = yield* append({
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
export function* freeze(
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
): Steps<Head | undefined> {
  const { frozen: now, subject } = yield* holdingOf(caller)
  if ((now !== undefined) === frozen) return undefined
  if (frozen) yield* dropAllQueued(caller)
  return yield* append({
    kind: "freeze",
    at,
    actor,
    subject,
    caller: { id: caller, ...(name !== undefined && { name }) },
    frozen,
    ...(reason !== undefined && { reason })
  })
}
