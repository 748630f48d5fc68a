import { Data, Effect, Layer, type Option } from "effect"
import { join, resolve } from "node:path"
import { makeAuthorityFile } from "../../layers/access/mandates/authorityFile.ts"
import { recordFile } from "../../layers/access/record/recordFile.ts"
import { OperatorSecretSqlite } from "../../layers/access/secret/OperatorSecretSqlite.ts"
import { TokenDatabase, TokenStoreSqlite } from "../../layers/access/TokenStoreSqlite.ts"
import { ConfigEnv } from "../../layers/settings/ConfigEnv.ts"
import type { Needs } from "../../layers/settings/needs.ts"
import { PassphraseTerminal } from "../../layers/terminal/PassphraseTerminal.ts"
import { Config } from "../../services/Config.ts"
import { isMissing } from "../kit/isMissing.ts"

/** The parts that the token commands share. */

export interface From {
  readonly envFile: Option.Option<string>
}

/** The source of a command that might need the operator passphrase. */
export interface FromOperator extends From {
  /** The file descriptor from which the passphrase is read. None: it is typed. */
  readonly passphraseFd: Option.Option<number>
}

/** A command on a token that is not carried out: exit code 1. */
export class TokenRefusal extends Data.TaggedError("TokenRefusal")<{ readonly message: string }> {}

/** There is no token database, so there is no such token: exit code 1. */
export class NoTokenFile extends Data.TaggedError("NoTokenFile")<{ readonly file: string; readonly id: string }> {
  override get message() {
    return `No token has the id ${this.id}: there is no file ${this.file}.`
  }
}

/** The token store and its database. */
export const Tokens = Layer.provideMerge(TokenStoreSqlite, TokenDatabase)

/** Opens the file of mandates when it is first used. */
export const authority = Effect.flatMap(Config, ({ stateDir }) => makeAuthorityFile(join(stateDir, recordFile)))

/** Provides settings, and a scope. */
export const withSettings =
  (needs: Needs) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>, { envFile }: From) =>
    effect.pipe(Effect.scoped, Effect.provide(ConfigEnv(needs, envFile)))

/** Provides the settings, tokens and operator secret of a command that makes a token. Makes the token database. */
export const granting =
  (needs: Needs) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>, from: FromOperator) =>
    withSettings(needs)(Effect.provide(effect, Layer.merge(Tokens, secretOf(from))), from)

/** The operator secret, with the way in which this command gets the passphrase. */
export const secretOf = ({ passphraseFd }: FromOperator) =>
  Layer.merge(OperatorSecretSqlite, PassphraseTerminal(passphraseFd))

/** Provides the same for a command on a token that exists. Makes no token database. */
export const changing =
  (needs: Needs) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>, from: FromOperator & { readonly id: string }) =>
    withSettings(needs)(
      Effect.zipRight(requireTokenFile(from.id), Effect.provide(effect, Layer.merge(Tokens, secretOf(from)))),
      from
    )

/** Fails if there is no token database. */
export const requireTokenFile = (id: string) =>
  Effect.flatMap(Config, ({ tokenDb }) =>
    isMissing(tokenDb) ? Effect.fail(new NoTokenFile({ file: resolve(tokenDb), id })) : Effect.void
  )
