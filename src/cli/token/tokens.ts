import { Console, DateTime, Effect, Option } from "effect"
import { resolve } from "node:path"
import { escapeText } from "../../domain/wire/escapeText.ts"
import { type Holding, holdingOf } from "../../layers/access/mandates/administer.ts"
import { self } from "../../layers/process/self.ts"
import { withEnvFile } from "../../layers/process/withEnvFile.ts"
import { ConfigEnv } from "../../layers/settings/ConfigEnv.ts"
import * as Needs from "../../layers/settings/needs.ts"
import { Config } from "../../services/Config.ts"
import { defaultAccount } from "../../services/KrakenAccount.ts"
import { type Token, TokenStore } from "../../services/TokenStore.ts"
import { isMissing } from "../kit/isMissing.ts"
import { table } from "../kit/textTable.ts"
import { lacksMandate, shortLimits, shownHolding, shownToken } from "./shown.ts"
import { authority, type From, NoTokenFile, Tokens } from "./stored.ts"

/** The effects of the commands on tokens that are used in an emergency, with the settings that they need. */

/** Runs a command on the token database if there is one. Otherwise runs `otherwise`, and makes no file. */
const ifStored =
  (needs: Needs.Needs) =>
  <A, E, R, B, E2>(effect: Effect.Effect<A, E, R>, from: From, otherwise: (file: string) => Effect.Effect<B, E2>) =>
    Effect.gen(function* () {
      const { databaseUrl, tokenDb } = yield* Config
      if (databaseUrl === undefined && isMissing(tokenDb)) return yield* otherwise(resolve(tokenDb))
      return yield* Effect.provide(effect, Tokens)
    }).pipe(Effect.scoped, Effect.provide(ConfigEnv(needs, from.envFile)))

const createOne = (envFile: Option.Option<string>) => `Create one: ${self()} token create NAME${withEnvFile(envFile)}`

/** The longest wait for the limits of the tokens. The list is printed without them after it. */
const patience = "2 seconds"

/** Reads the mandates of tokens. None if they can't be read, which is said. */
const holdingsOf = (tokens: ReadonlyArray<Token>) =>
  Effect.flatMap(authority, ({ read }) =>
    Effect.disconnect(
      read(function* () {
        const holdings = new Map<Token["id"], Holding>()
        for (const { id } of tokens) holdings.set(id, yield* holdingOf(id))
        return holdings
      })
    )
  ).pipe(
    Effect.map(Option.getOrElse((): ReadonlyMap<Token["id"], Holding> => new Map())),
    Effect.timeoutFail({ duration: patience, onTimeout: () => ({ reason: "The file of limits is busy." }) }),
    Effect.asSome,
    Effect.catchAll(({ reason }) => Effect.as(Console.error(`${reason} So limits are not shown.`), Option.none()))
  )

/** Prints the tokens. */
export const list = Effect.fn("token.list")(
  function* ({ all, envFile, json }: { readonly all: boolean; readonly json: boolean } & From) {
    const { databaseUrl, tokenDb } = yield* Config
    const [place, title] =
      databaseUrl === undefined ? [resolve(tokenDb), tokenDb] : ["the PostgreSQL database", "PostgreSQL"]
    const { list } = yield* TokenStore
    const now = yield* DateTime.now
    const everyone = yield* list
    const holdings = yield* holdingsOf(everyone)
    const rows = everyone
      .map((token) => ({ token, row: shownToken(token, now) }))
      .filter(({ row }) => all || row.status !== "revoked")
      .map(({ row, token }) => ({
        token,
        row,
        holding: Option.map(holdings, (all): Holding => all.get(token.id) ?? { subject: token.id, revision: 0 })
      }))
    if (json)
      return yield* Console.log(
        JSON.stringify(
          rows.map(({ holding, row }) => ({
            ...row,
            ...Option.match(holding, { onNone: () => ({}), onSome: shownHolding })
          }))
        )
      )
    if (rows.length === 0) {
      const hint =
        everyone.length === 0
          ? `No tokens yet in ${place}.`
          : `All tokens in ${place} are revoked (token list --all shows them).`
      return yield* Console.log(`${hint} ${createOne(envFile)}`)
    }
    // Most servers have one account, of which nobody has to be told.
    const hasNames = rows.some(({ token }) => token.account !== defaultAccount)
    const cells = rows.map(({ holding, row, token }) =>
      [
        row.id,
        row.name,
        row.status,
        row.created_at,
        row.expires_at,
        row.last_used_at,
        ...(hasNames ? [token.account] : []),
        row.modes.join(", "),
        ...limitCells(token, holding)
      ].map((cell) => cell ?? "—")
    )
    yield* Console.log(table(`Tokens (${title})`, head(hasNames), cells))
  },
  (effect, from) =>
    ifStored(Needs.tokenLimits)(effect, from, (file) =>
      Console.log(from.json ? "[]" : `No tokens yet: there is no file ${file}. ${createOne(from.envFile)}`)
    )
)

const head = (hasNames: boolean): ReadonlyArray<string> => [
  "ID",
  "Name",
  "Status",
  "Created",
  "Expires",
  "Last used",
  ...(hasNames ? ["Account"] : []),
  "Modes",
  "Access",
  "Limits",
  "Frozen"
]

const limitCells = (token: Token, holding: Option.Option<Holding>): ReadonlyArray<string> =>
  Option.match(holding, {
    onNone: () => ["?", "?", "?"],
    onSome: (holding) => {
      const { frozen, mandate } = holding
      const rights = mandate === undefined ? ["all", "none"] : [mandate.terms.access, shortLimits(mandate.terms)]
      const missing = Option.isSome(token.revokedAt) ? ["—", "—"] : ["refused", "missing"]
      return [...(lacksMandate(token, holding) ? missing : rights), frozen === undefined ? "no" : "frozen"]
    }
  })

/** Revokes a token. */
export const revoke = Effect.fn("token.revoke")(
  function* ({ id }: { readonly id: string } & From) {
    const { token, wasRevoked } = yield* (yield* TokenStore).revoke(id)
    yield* Console.log(`${wasRevoked ? "Already revoked:" : "Revoked"} ${token.id} (${escapeText(token.name)})`)
  },
  (effect, from) => ifStored(Needs.tokens)(effect, from, (file) => new NoTokenFile({ file, id: from.id }))
)
