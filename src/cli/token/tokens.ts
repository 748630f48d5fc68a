import { Console, Data, DateTime, type Duration, Effect, Layer, Option, Redacted } from "effect"
import { resolve } from "node:path"
import { escapeText } from "../../domain/wire/escapeText.ts"
import { ConfigEnv } from "../../layers/settings/ConfigEnv.ts"
import * as Needs from "../../layers/settings/needs.ts"
import { settings } from "../../layers/settings/settingDefinitions.ts"
import { TokenDatabase, TokenStoreSqlite } from "../../layers/access/TokenStoreSqlite.ts"
import { Config } from "../../services/Config.ts"
import { type Token, TokenStore } from "../../services/TokenStore.ts"
import { isActive } from "../../layers/access/tokenRules.ts"
import { withEnvFile } from "../../layers/process/withEnvFile.ts"
import { self } from "../../layers/process/self.ts"
import { isMissing } from "../kit/isMissing.ts"
import { table } from "../kit/textTable.ts"

/** Provides the token store and the settings that the command uses. */
const stored =
  (needs: Needs.Needs) =>
  <A, E>(effect: Effect.Effect<A, E, TokenStore | Config>, { envFile }: From) =>
    Effect.provide(
      effect,
      Layer.provideMerge(Layer.provide(TokenStoreSqlite, TokenDatabase), ConfigEnv(needs, envFile))
    )

/** Runs a command on the token database if there is one. Otherwise runs `otherwise`, and makes no file. */
const ifStored = <A, E, B, E2>(
  effect: Effect.Effect<A, E, TokenStore | Config>,
  from: From,
  otherwise: (file: string) => Effect.Effect<B, E2>
) =>
  Effect.gen(function* () {
    const { tokenDb } = yield* Config
    if (isMissing(tokenDb)) return yield* otherwise(resolve(tokenDb))
    return yield* Effect.provide(effect, Layer.provide(TokenStoreSqlite, TokenDatabase))
  }).pipe(Effect.provide(ConfigEnv(Needs.tokens, from.envFile)))

const createOne = (envFile: Option.Option<string>) => `Create one: ${self()} token create NAME${withEnvFile(envFile)}`

interface From {
  readonly envFile: Option.Option<string>
}

/** There is no token database, so there is no token to revoke: exit code 1. */
export class NoTokenFile extends Data.TaggedError("NoTokenFile")<{ readonly file: string; readonly id: string }> {
  override get message() {
    return `No token has the id ${this.id}: there is no file ${this.file}.`
  }
}

/** Creates a token and prints it. */
export const create = Effect.fn("token.create")(function* ({
  envFile,
  json,
  lifetime,
  name,
  paper
}: {
  readonly name: string
  readonly lifetime: Option.Option<Duration.Duration>
  readonly paper: boolean
  readonly json: boolean
} & From) {
  const { mode } = yield* Config
  // In paper mode, a token must not silently open the real account.
  const paperOnly = paper || mode === "paper"
  const { secret, token } = yield* (yield* TokenStore).create({ name, paperOnly, expiresIn: lifetime })
  const plain = Redacted.value(secret)
  const row = shown(token, yield* DateTime.now)
  if (json) return yield* Console.log(JSON.stringify({ ...row, token: plain }))
  const why = paper ? "" : `, since ${settings.mode.name} is paper`
  yield* Console.log(
    [
      "",
      "\u001b[1;32mToken created. Copy it now: it is not shown again.\u001b[0m",
      `  id       ${token.id}`,
      `  name     ${escapeText(token.name)}`,
      `  expires  ${Option.match(token.expiresAt, { onNone: () => "never", onSome: iso })}`,
      `  modes    ${row.modes.join(", ")}${paperOnly ? ` (simulated accounts only${why})` : ""}`,
      "",
      plain,
      "",
      "Authorization: Bearer <token>",
      ...(Option.isNone(token.expiresAt)
        ? [
            "",
            `This token never expires. To limit one, add --expires-in 90d; to end this one: ${self()} token revoke ${token.id}${withEnvFile(envFile)}`
          ]
        : [])
    ].join("\n")
  )
}, stored(Needs.tokenCreate))

/** Prints the tokens. */
export const list = Effect.fn("token.list")(
  function* ({ all, envFile, json }: { readonly all: boolean; readonly json: boolean } & From) {
    const { tokenDb } = yield* Config
    const { list } = yield* TokenStore
    const now = yield* DateTime.now
    const everyone = (yield* list).map((token) => shown(token, now))
    const rows = everyone.filter(({ status }) => all || status !== "revoked")
    if (json) return yield* Console.log(JSON.stringify(rows))
    if (rows.length === 0) {
      const hint =
        everyone.length === 0
          ? `No tokens yet in ${resolve(tokenDb)}.`
          : `All tokens in ${resolve(tokenDb)} are revoked (token list --all shows them).`
      return yield* Console.log(`${hint} ${createOne(envFile)}`)
    }
    const cells = rows.map((row) =>
      [row.id, row.name, row.status, row.created_at, row.expires_at, row.last_used_at, row.modes.join(", ")].map(
        (cell) => cell ?? "—"
      )
    )
    yield* Console.log(
      table(`Tokens (${tokenDb})`, ["ID", "Name", "Status", "Created", "Expires", "Last used", "Modes"], cells)
    )
  },
  (effect, from) =>
    ifStored(effect, from, (file) =>
      Console.log(from.json ? "[]" : `No tokens yet: there is no file ${file}. ${createOne(from.envFile)}`)
    )
)

/** Revokes a token. */
export const revoke = Effect.fn("token.revoke")(
  function* ({ id }: { readonly id: string } & From) {
    const { token, wasRevoked } = yield* (yield* TokenStore).revoke(id)
    yield* Console.log(`${wasRevoked ? "Already revoked:" : "Revoked"} ${token.id} (${escapeText(token.name)})`)
  },
  (effect, from) => ifStored(effect, from, (file) => new NoTokenFile({ file, id: from.id }))
)

const iso = (time: DateTime.Utc): string => DateTime.formatIso(time).replace(/\.\d+Z$/, "Z")

const shown = (token: Token, now: DateTime.Utc) => ({
  id: token.id,
  name: token.name,
  status: statusOf(token, now),
  created_at: iso(token.createdAt),
  expires_at: Option.getOrNull(Option.map(token.expiresAt, iso)),
  last_used_at: Option.getOrNull(Option.map(token.lastUsedAt, iso)),
  modes: token.paperOnly ? ["paper"] : ["live", "paper"]
})

const statusOf = (token: Token, now: DateTime.Utc): "active" | "expired" | "revoked" =>
  isActive(token, now) ? "active" : Option.isSome(token.revokedAt) ? "revoked" : "expired"
