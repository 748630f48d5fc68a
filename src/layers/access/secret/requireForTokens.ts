import { Data, Effect, Option } from "effect"
import { OperatorSecret, type SecretInForce } from "../../../services/OperatorSecret.ts"
import { addFingerprint, readFingerprints } from "../secretFingerprints.ts"

/** The state folder has another operator secret than the one with which the token database was used, or none. */
export class OtherSecret extends Data.TaggedError("OtherSecret")<{
  readonly file: string
  readonly isMissing: boolean
}> {
  override get message() {
    return `The tokens are guarded by an operator secret, and ${this.file} has ${this.isMissing ? "none" : "another one"}. Use the state folder that has it (MCP_KRAKEN_STATE_DIR).`
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
  return isKnown ? secret : yield* new OtherSecret({ file, isMissing: Option.isNone(secret) })
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
