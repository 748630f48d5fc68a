import { Console, Effect, Layer, Option, type Scope } from "effect"
import { join } from "node:path"
import { escapeText } from "../../domain/wire/escapeText.ts"
import { freeze as freezeCaller, holdingOf } from "../../layers/access/mandates/administer.ts"
import { receiptOf } from "../../layers/access/record/chain.ts"
import { recordFile } from "../../layers/access/record/recordFile.ts"
import { requireForTokens } from "../../layers/access/secret/requireForTokens.ts"
import type { SettingsError } from "../../layers/settings/ConfigEnv.ts"
import { emergencySettings } from "../../layers/settings/emergency.ts"
import * as Needs from "../../layers/settings/needs.ts"
import { Config } from "../../services/Config.ts"
import { OperatorSecret } from "../../services/OperatorSecret.ts"
import { TokenStore } from "../../services/TokenStore.ts"
import { isMissing } from "../kit/isMissing.ts"
import { unusedFolder } from "../kit/unusedFolder.ts"
import { lacksMandate } from "./shown.ts"
import {
  authority,
  type From,
  type FromOperator,
  requireTokenFile,
  secretOf,
  TokenRefusal,
  Tokens,
  withSettings
} from "./stored.ts"

/** The longest wait for a busy file. */
const wait = "10 seconds"

/** The id that stands for callers without a token. */
const local = "local"

/**
 * Provides the settings of an emergency. A folder that was left alone, or that has no record, and what could not be read of
 * the settings, is an error at the end. So are the sentences that the effect returns.
 */
const withEmergencySettings = <E, R>(
  effect: Effect.Effect<ReadonlyArray<string>, E, R>,
  { envFile }: From
): Effect.Effect<void, E | SettingsError | TokenRefusal, Exclude<Exclude<R, Config>, Scope.Scope>> =>
  Effect.gen(function* () {
    const { config, problems, stateDir } = yield* emergencySettings(envFile)
    const settings = yield* config(Needs.tokenLimits)
    // Freezing makes the record.
    const isUnused = settings.databaseUrl === undefined && isMissing(join(stateDir, recordFile))
    const found = yield* Effect.provideService(effect, Config, settings)
    const all = [...problems, ...(isUnused ? [unusedFolder(stateDir)] : []), ...found]
    if (all.length > 0) return yield* new TokenRefusal({ message: all.join("\n") })
  }).pipe(Effect.scoped)

/**
 * Freezes a token, or `local`, so that it can only read and cancel. It works although the tokens can't be read, since then
 * nobody can check the id.
 */
export const freeze = Effect.fn("token.freeze")(function* ({
  id,
  reason
}: { readonly id: string; readonly reason: Option.Option<string> } & From) {
  const token = id === local ? undefined : yield* tokenOf(id)
  const name = id === local ? "callers without a token" : (token?.name ?? "unknown name")
  const { write } = yield* authority
  const { head, holding } = yield* write(function* (at) {
    return {
      head: yield* freezeCaller(at, {
        caller: id,
        name: token?.name,
        frozen: true,
        reason: Option.getOrUndefined(reason)
      }),
      holding: yield* holdingOf(id)
    }
  }, wait).pipe(
    Effect.mapError(
      ({ message }) =>
        new TokenRefusal({
          message: `${message} So nothing was frozen.${id === local ? "" : ` token revoke ${id} does not need that file.`}`
        })
    )
  )
  yield* Console.log(
    head === undefined
      ? `Already frozen: ${id} (${escapeText(name)})`
      : `Frozen: ${id} (${escapeText(name)}). Only reads and cancels are possible. Receipt: ${receiptOf(head)}`
  )
  // The limits of a token that was rotated belong to the new one.
  if (token === undefined || Option.isSome(token.revokedAt) || !lacksMandate(token, holding)) return []
  const { databaseUrl, stateDir } = yield* Config
  return [
    databaseUrl === undefined
      ? `${stateDir} does not hold the limits of this token. It is not frozen on servers whose state folder does: name that folder in MCP_KRAKEN_STATE_DIR, or revoke the token.`
      : "The PostgreSQL database does not hold the limits of this token. It is not frozen on servers whose state does: revoke the token."
  ]
}, withEmergencySettings)

/** Reads a token. Fails if there is none, but returns undefined if the tokens can't be read. */
const tokenOf = (id: string) =>
  Effect.zipRight(
    requireTokenFile(id),
    Effect.provide(
      Effect.flatMap(TokenStore, ({ find }) => find(id)),
      Tokens
    )
  ).pipe(
    Effect.catchTag("TokenStoreError", ({ message }) =>
      Effect.as(Console.error(`${message} So the id was not checked.`), undefined)
    )
  )

/** Unfreezes a token, or `local`. */
export const unfreeze = Effect.fn("token.unfreeze")(function* ({
  id,
  ...from
}: { readonly id: string } & FromOperator) {
  const secret = secretOf(from)
  const name =
    id === local
      ? yield* Effect.provide(
          Effect.as(
            Effect.flatMap(OperatorSecret, ({ require }) => require("Unfreezing callers without a token")),
            "callers without a token"
          ),
          secret
        )
      : yield* Effect.zipRight(requireTokenFile(id), Effect.provide(allowed(id), Layer.merge(Tokens, secret)))
  const { write } = yield* authority
  const head = yield* write((at) => freezeCaller(at, { caller: id, ...(id !== local && { name }), frozen: false }))
  yield* Console.log(
    head === undefined
      ? `Not frozen: ${id} (${escapeText(name)})`
      : `No longer frozen: ${id} (${escapeText(name)}). Receipt: ${receiptOf(head)}`
  )
}, withSettings(Needs.tokenLimits))

/** Requires the operator secret for a token, and returns its name. Tokens for paper open no money. */
const allowed = Effect.fnUntraced(function* (id: string) {
  const { name, paperOnly } = yield* (yield* TokenStore).find(id)
  if (!paperOnly) yield* requireForTokens(`Unfreezing the token ${name}`)
  return name
})
