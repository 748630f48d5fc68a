import { Either, Option, Schema } from "effect"
import { Mandate } from "../../../domain/mandates/mandate.ts"
import type { NoRoom } from "../../../domain/mandates/room.ts"
import type { MandateInForce } from "../../../services/Principal.ts"
import type { Party } from "./party.ts"
import { readable } from "./readable.ts"
import { all, first, type Steps } from "../../storage/steps.ts"

/** A row of a mandate, or of a caller without one that was frozen. */
interface CallerRow {
  /** Null without a mandate. */
  readonly revision: number | null
  readonly frozen_at: number | null
  readonly frozen_by: string | null
  readonly frozen_why: string | null
}

const callerRow = `SELECT CASE WHEN terms IS NOT NULL THEN revision END AS revision, frozen_at, frozen_by, frozen_why
  FROM mandates`

function* rowOf({ caller }: Pick<Party, "caller">): Steps<CallerRow | undefined> {
  return (
    (yield* first<CallerRow>(`${callerRow} WHERE token = ?`, caller)) ??
    (yield* first<CallerRow>(`${callerRow} WHERE token IS NULL AND subject = ?`, caller))
  )
}

/** Finds what keeps a caller from all writes but cancels. */
export function* frozen(party: Pick<Party, "caller">): Steps<Frozen | undefined> {
  return (yield* stopped()) ?? (yield* frozenCaller(party))
}

type Frozen = Extract<NoRoom, { readonly _tag: "Frozen" }>

function* stopped(): Steps<Frozen | undefined> {
  const stop = yield* first<{ readonly at: number; readonly by: string; readonly why: string | null }>(
    "SELECT at, by, why FROM halt WHERE halted = 1"
  )
  return (
    stop && {
      _tag: "Frozen",
      scope: "everything",
      since: stop.at,
      by: stop.by,
      ...(stop.why !== null && { reason: stop.why })
    }
  )
}

/** Finds what keeps this caller from all writes but cancels, whatever is stopped for everybody. */
export function* frozenCaller(party: Pick<Party, "caller">): Steps<Frozen | undefined> {
  return frozenIn(yield* rowOf(party))
}

const frozenIn = (row: CallerRow | undefined): Frozen | undefined =>
  row === undefined || row.frozen_at === null
    ? undefined
    : {
        _tag: "Frozen",
        scope: "caller",
        since: row.frozen_at,
        by: row.frozen_by ?? "",
        ...(row.frozen_why !== null && { reason: row.frozen_why })
      }

/** A mandate that was made, changed or removed since the call began. The mandate of `local` comes from settings. */
export function* changed(party: Party): Steps<NoRoom | undefined> {
  return changedIn(yield* rowOf(party), party)
}

/** Finds what keeps a caller from all writes but cancels, or a change of its mandate, by one look at its row. */
export function* frozenOrChanged(party: Party): Steps<NoRoom | undefined> {
  const stop = yield* stopped()
  if (stop !== undefined) return stop
  const row = yield* rowOf(party)
  return frozenIn(row) ?? changedIn(row, party)
}

const changedIn = (row: CallerRow | undefined, party: Party): NoRoom | undefined => {
  if (party.caller === "local") return undefined
  const stored = row?.revision ?? undefined
  const used = Option.getOrUndefined(Option.map(party.mandate, ({ revision }) => revision))
  return stored === used ? undefined : { _tag: "Changed" }
}

/** Decodes a mandate, of which a limit that this version does not know is an error: it must not be ignored. */
const decodeMandate = Schema.decodeUnknownEither(Schema.parseJson(Mandate), { onExcessProperty: "error" })

interface MandateRow {
  readonly subject: string
  readonly revision: number
  readonly terms: string | null
  readonly seq: number
}

/** Reads the mandate of a token. */
export function* mandateOf(token: string): Steps<MandateInForce | undefined> {
  const row = yield* first<MandateRow>("SELECT subject, revision, terms, seq FROM mandates WHERE token = ?", token)
  return row === undefined || row.terms === null
    ? undefined
    : { subject: row.subject, revision: row.revision, terms: readable(row.seq, decodeMandate(row.terms)) }
}

/** Reads the mandates of tokens, the newest first. One that cannot be read is left out. */
export function* mandatesOf(most: number): Steps<ReadonlyArray<MandateInForce>> {
  return (yield* all<{ readonly subject: string; readonly revision: number; readonly terms: string }>(
    "SELECT subject, revision, terms FROM mandates WHERE terms IS NOT NULL AND token IS NOT NULL ORDER BY seq DESC LIMIT ?",
    most
  )).flatMap(({ revision, subject, terms }) =>
    Either.match(decodeMandate(terms), { onLeft: () => [], onRight: (terms) => [{ subject, revision, terms }] })
  )
}
