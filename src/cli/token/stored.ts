import { Data, Effect, Layer, type Option } from "effect"
import { resolve } from "node:path"
import { makeAuthorityFile } from "../../layers/access/mandates/authorityFile.ts"
import { authorityOf } from "../../layers/access/record/authority.ts"
import { OperatorSecretSql } from "../../layers/access/secret/OperatorSecretSql.ts"
import { TokenDatabase, TokenStoreSql } from "../../layers/access/TokenStoreSql.ts"
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
export const Tokens = Layer.provideMerge(TokenStoreSql, TokenDatabase)

/** Opens the file of mandates when it is first used. */
export const authority = Effect.flatMap(Effect.flatMap(Config, authorityOf), makeAuthorityFile)

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
  Layer.merge(OperatorSecretSql, PassphraseTerminal(passphraseFd))

/** Provides the same for a command on a token that exists. Makes no token database. */
export const changing =
  (needs: Needs) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>, from: FromOperator & { readonly id: string }) =>
    withSettings(needs)(
      Effect.zipRight(requireTokenFile(from.id), Effect.provide(effect, Layer.merge(Tokens, secretOf(from)))),
      from
    )

/** Fails if the token database would be a file that does not exist. */
export const requireTokenFile = (id: string) =>
  Effect.flatMap(Config, ({ databaseUrl, tokenDb }) =>
    databaseUrl === undefined && isMissing(tokenDb)
      ? Effect.fail(new NoTokenFile({ file: resolve(tokenDb), id }))
      : Effect.void
  )
