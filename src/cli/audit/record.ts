import { Data, DateTime, Effect, Layer, Option } from "effect"
import { type Authority, authorityOf } from "../../layers/access/record/authority.ts"
import { OperatorSecretSql } from "../../layers/access/secret/OperatorSecretSql.ts"
import { ConfigEnv } from "../../layers/settings/ConfigEnv.ts"
import * as Needs from "../../layers/settings/needs.ts"
import { PassphraseTerminal } from "../../layers/terminal/PassphraseTerminal.ts"
import { Config } from "../../services/Config.ts"
import { OperatorSecret } from "../../services/OperatorSecret.ts"

/** The record that the settings name, for commands. */

export interface From {
  readonly envFile: Option.Option<string>
}

/** The source of a command that might need the operator passphrase. */
export interface FromOperator extends From {
  /** The file descriptor from which the passphrase is read. None: it is typed. */
  readonly passphraseFd: Option.Option<number>
}

/** A command on the record that is not carried out. */
export class RecordRefusal extends Data.TaggedError("RecordRefusal")<{ readonly message: string }> {}

/** Provides the only setting that the commands use, and a scope. */
export const withState = <A, E, R>(effect: Effect.Effect<A, E, R>, { envFile }: From) =>
  effect.pipe(Effect.scoped, Effect.provide(ConfigEnv(Needs.record, envFile)))

/** Provides the same, and the operator secret. */
export const withSecret = <A, E, R>(effect: Effect.Effect<A, E, R>, from: FromOperator) =>
  withState(Effect.provide(effect, Layer.merge(OperatorSecretSql, PassphraseTerminal(from.passphraseFd))), from)

/** Requires the operator secret for an act, if one is set. */
export const requireSecret = (act: string) => Effect.flatMap(OperatorSecret, ({ require }) => require(act))

/** Finds the database of the record. */
export const locate = Effect.flatMap(Config, authorityOf)

export const isThere = ({ isMissing }: Authority): boolean => !isMissing()

/** Opens the record to read it. */
export const openToRead = ({ openToRead }: Authority) => openToRead

/** Opens the record to change it. Fails if there is none. */
export const openToChange = ({ openExisting }: Authority) => openExisting

/** Prints a time without its milliseconds. One that an altered row has and no calendar is printed as it is. */
export const isoOf = (millis: number): string =>
  Option.match(DateTime.make(millis), {
    onNone: () => String(millis),
    onSome: (time) => DateTime.formatIso(time).replace(/\.\d+Z$/, "Z")
  })

/** Opens the record of the settings to change it, and refuses if there is none. */
export const openExisting = Effect.gen(function* () {
  const authority = yield* locate
  if (!isThere(authority))
    return yield* new RecordRefusal({ message: `There is no record: ${authority.name} does not exist.` })
  return yield* openToChange(authority)
})
