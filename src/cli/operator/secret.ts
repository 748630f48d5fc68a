import { Console, Data, Effect, Layer, Option } from "effect"
import { OperatorSecretSql } from "../../layers/access/secret/OperatorSecretSql.ts"
import { checkTokenSecret, guard } from "../../layers/access/secret/requireForTokens.ts"
import { forgetFingerprint } from "../../layers/access/secretFingerprints.ts"
import { TokenDatabase, TokenStoreSql } from "../../layers/access/TokenStoreSql.ts"
import { ConfigEnv } from "../../layers/settings/ConfigEnv.ts"
import * as Needs from "../../layers/settings/needs.ts"
import { PassphraseTerminal } from "../../layers/terminal/PassphraseTerminal.ts"
import { OperatorSecret, Passphrase } from "../../services/OperatorSecret.ts"

/** The effects of the commands on the operator secret. */

interface From {
  readonly envFile: Option.Option<string>
  /** The file descriptor from which passphrases are read. None: they are typed. */
  readonly passphraseFd: Option.Option<number>
}

/** The secret is not set or changed: exit code 1. */
export class SecretRefusal extends Data.TaggedError("SecretRefusal")<{ readonly message: string }> {}

const withSecret = <A, E, R>(effect: Effect.Effect<A, E, R>, { envFile, passphraseFd }: From) =>
  effect.pipe(
    Effect.provide(
      Layer.mergeAll(
        Layer.provideMerge(TokenStoreSql, TokenDatabase),
        OperatorSecretSql,
        PassphraseTerminal(passphraseFd)
      )
    ),
    Effect.scoped,
    Effect.provide(ConfigEnv(Needs.tokenChange, envFile))
  )

const setMeanwhile = new SecretRefusal({ message: "Somebody else set the operator secret meanwhile." })

/** Sets the secret. The token database is made, so that it is guarded before there are tokens. */
export const init = (from: From) => withSecret(initialize(), from)

const initialize = Effect.fn("operator.init")(function* () {
  const { current, file, prepare, store } = yield* OperatorSecret
  if (Option.isSome(yield* current))
    return yield* new SecretRefusal({ message: `The operator secret is set already, in ${file}.` })
  // Otherwise an empty state folder would be a way around the secret.
  yield* checkTokenSecret
  const passphrase = yield* Effect.flatMap(Passphrase, ({ choose }) => choose("Setting the operator secret"))
  const prepared = yield* prepare(passphrase)
  if (!(yield* store(prepared, Option.none()))) return yield* setMeanwhile
  yield* guard(prepared)
  yield* Console.log(
    [
      `The operator secret is set. Its fingerprint is ${prepared.fingerprint}.`,
      "Creating, replacing and unfreezing tokens, widening their limits, approving writes, allowing trading again after a stop, deciding unknown writes and changing the key of the record need it now.",
      "It cannot be recovered. If it is lost, a new state folder and a new token database (MCP_KRAKEN_TOKEN_DB) replace it; keep the old folder, since it holds the record."
    ].join("\n")
  )
})

/** Changes the secret. */
export const change = (from: From) => withSecret(replace(), from)

const replace = Effect.fn("operator.change")(function* () {
  const { file, prepare, require, store } = yield* OperatorSecret
  yield* checkTokenSecret
  const act = "Changing the operator secret"
  const before = yield* require(act)
  if (Option.isNone(before))
    return yield* new SecretRefusal({ message: `No operator secret is set in ${file}. operator init sets one.` })
  const passphrase = yield* Effect.flatMap(Passphrase, ({ choose }) => choose(act))
  const prepared = yield* prepare(passphrase)
  // Both guard the tokens for a moment, so that an end in between locks nobody out.
  yield* guard(before.value)
  yield* guard(prepared)
  if (!(yield* store(prepared, before))) {
    yield* forgetFingerprint(prepared.fingerprint)
    return yield* setMeanwhile
  }
  yield* forgetFingerprint(before.value.fingerprint)
  yield* Console.log(`The operator secret was changed. Its fingerprint is ${prepared.fingerprint}.`)
})
