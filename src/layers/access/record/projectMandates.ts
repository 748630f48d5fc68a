import type { Freeze, MandateChange } from "../../../domain/record/events.ts"
import { canonicalJson } from "../../../domain/wire/canonicalJson.ts"
import type { Place } from "./place.ts"
import { run, type Steps } from "../../storage/steps.ts"

/** Saves a mandate. */
export function* changeMandate(
  place: Place,
  seq: number,
  { revision, subject, terms, token }: MandateChange
): Steps<void> {
  yield* run(
    `INSERT INTO ${place}mandates (subject, token, revision, terms, seq) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (subject) DO UPDATE SET token = excluded.token, revision = excluded.revision, terms = excluded.terms,
       seq = excluded.seq`,
    subject,
    token,
    revision,
    terms === undefined ? null : canonicalJson(terms),
    seq
  )
}

/** Freezes or unfreezes a caller. */
export function* freeze(place: Place, seq: number, event: Freeze): Steps<void> {
  const { actor, at, frozen, reason, subject } = event
  const [since, by, why] = frozen ? [at, actor.id, reason ?? null] : [null, null, null]
  yield* run(
    `INSERT INTO ${place}mandates (subject, token, revision, terms, seq, frozen_at, frozen_by, frozen_why)
     VALUES (?, NULL, 0, NULL, ?, ?, ?, ?)
     ON CONFLICT (subject) DO UPDATE SET seq = excluded.seq, frozen_at = excluded.frozen_at,
       frozen_by = excluded.frozen_by, frozen_why = excluded.frozen_why`,
    subject,
    seq,
    since,
    by,
    why
  )
}
