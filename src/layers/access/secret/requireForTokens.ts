import { SqlClient } from "@effect/sql/SqlClient"
import { Data, Effect, Option } from "effect"
import { OperatorSecret, type SecretInForce } from "../../../services/OperatorSecret.ts"
import { addFingerprint, readFingerprints } from "../secretFingerprints.ts"

/** The record has another operator secret than the one with which the token database was used, or none. */
export class OtherSecret extends Data.TaggedError("OtherSecret")<{
  /** The file of the record. Undefined if it is in one database with the tokens. */
  readonly file: string | undefined
  readonly isMissing: boolean
}> {
  override get message() {
    const found = this.isMissing ? "none" : "another one"
    return this.file === undefined
      ? `The tokens are guarded by an operator secret, and the record in the same database has ${found}, so somebody changed it. Put a backup of the database back.`
      : `The tokens are guarded by an operator secret, and ${this.file} has ${found}. Use the state folder that has it (MCP_KRAKEN_STATE_DIR).`
  }
}

/** Checks that the state folder's secret is the one that guards the token database. Returns the secret that is set. */
export const checkTokenSecret = Effect.gen(function* () {
  const { current, file } = yield* OperatorSecret
  const secret = yield* current
  const known = yield* readFingerprints
  const isKnown = Option.match(secret, {
    onNone: () => known.length === 0,
    onSome: ({ fingerprint }) => known.length === 0 || known.includes(fingerprint)
  })
  if (isKnown) return secret
  const sql = yield* SqlClient
  return yield* new OtherSecret({
    file: sql.onDialectOrElse({ pg: () => undefined, orElse: () => file }),
    isMissing: Option.isNone(secret)
  })
})

/**
 * Requires the operator secret for an act on tokens. A token database that has met no secret is guarded by this one from
 * then on.
 */
export const requireForTokens = Effect.fn("access.requireForTokens")(function* (act: string) {
  yield* checkTokenSecret
  const secret = yield* Effect.flatMap(OperatorSecret, (it) => it.require(act))
  yield* Option.match(secret, { onNone: () => Effect.void, onSome: guard })
})

/** Lets a secret guard the token database. */
export const guard = ({ fingerprint }: SecretInForce) => addFingerprint(fingerprint)
