import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import { Console, DateTime, type Duration, Effect, Layer, Option, Redacted } from "effect"
import { stdout } from "node:process"
import { ConfigEnv } from "../layers/ConfigEnv.ts"
import { TokenStoreSqlite } from "../layers/TokenStoreSqlite.ts"
import { Config } from "../services/Config.ts"
import { type Token, TokenStore } from "../services/TokenStore.ts"
import { parseDuration } from "./duration.ts"
import { UsageError } from "./errors.ts"
import { table } from "./table.ts"

const json = Options.boolean("json").pipe(Options.withDescription("Print JSON"))

const create = Command.make(
  "create",
  {
    name: Args.text({ name: "NAME" }).pipe(Args.withDescription("What to call it, e.g. claude-code")),
    expiresIn: Options.text("expires-in").pipe(
      Options.withAlias("e"),
      Options.withDescription("90d, 12h, 30m, 45s or seconds; without it, the token does not expire"),
      Options.optional
    ),
    json
  },
  Effect.fn(function* ({ expiresIn, json, name }) {
    if (name.trim() === "") return yield* new UsageError({ message: "NAME must not be empty" })
    const duration = yield* Effect.transposeMapOption(expiresIn, lifetime)
    const tokens = yield* TokenStore
    const { secret, token } = yield* tokens.create(name, duration)
    const plain = Redacted.value(secret)
    if (json) return yield* Console.log(JSON.stringify({ ...shown(token, yield* DateTime.now), token: plain }))
    yield* Console.log(
      [
        "",
        bold("Token issued. Copy it now: it is not shown again."),
        `  id       ${token.id}`,
        `  name     ${token.name}`,
        `  expires  ${Option.match(token.expiresAt, { onNone: () => "never", onSome: iso })}`,
        "",
        plain,
        "",
        "Authorization: Bearer <token>"
      ].join("\n")
    )
  })
).pipe(Command.withDescription("Make a bearer token; it is printed once"))

const list = Command.make(
  "list",
  { all: Options.boolean("all").pipe(Options.withDescription("Revoked ones too")), json },
  Effect.fn(function* ({ all, json }) {
    const { tokenDb } = yield* Config
    const tokens = yield* TokenStore
    const now = yield* DateTime.now
    const rows = (yield* tokens.list)
      .map((token) => shown(token, now))
      .filter(({ status }) => all || status !== "revoked")
    if (json) return yield* Console.log(JSON.stringify(rows))
    if (rows.length === 0) return yield* Console.log("No tokens yet. Make one: mcp-kraken token create NAME")
    yield* Console.log(
      table(
        `Tokens (${tokenDb})`,
        ["ID", "Name", "Status", "Created", "Expires", "Last used"],
        rows.map((row) => [
          row.id,
          row.name,
          row.status,
          row.created_at,
          row.expires_at ?? "—",
          row.last_used_at ?? "—"
        ])
      )
    )
  })
).pipe(Command.withDescription("List tokens, newest first"))

const revoke = Command.make(
  "revoke",
  { id: Args.text({ name: "ID" }).pipe(Args.withDescription("From token list")) },
  Effect.fn(function* ({ id }) {
    const tokens = yield* TokenStore
    const { token, wasRevoked } = yield* tokens.revoke(id)
    yield* Console.log(`${wasRevoked ? "Already revoked:" : "Revoked"} ${token.id} (${token.name})`)
  })
).pipe(Command.withDescription("Revoke a token; servers notice within a second"))

export const token = Command.make("token").pipe(
  Command.withDescription("Bearer tokens of the HTTP server"),
  Command.withSubcommands([create, list, revoke]),
  Command.provide(TokenStoreSqlite.pipe(Layer.provideMerge(Layer.suspend(() => ConfigEnv()))))
)

const lifetime = (text: string): Effect.Effect<Duration.Duration, UsageError> =>
  Effect.mapError(
    parseDuration(text),
    () =>
      new UsageError({
        message: `--expires-in: expected a time above zero such as 90d, 12h, 30m, 45s or 3600 (seconds), got ${JSON.stringify(text)}`
      })
  )

const iso = (time: DateTime.Utc): string => DateTime.formatIso(time).replace(/\.\d+Z$/, "Z")

const shown = (token: Token, now: DateTime.Utc) => ({
  id: token.id,
  name: token.name,
  status: statusOf(token, now),
  created_at: iso(token.createdAt),
  expires_at: Option.getOrNull(Option.map(token.expiresAt, iso)),
  last_used_at: Option.getOrNull(Option.map(token.lastUsedAt, iso))
})

const statusOf = ({ expiresAt, revokedAt }: Token, now: DateTime.Utc): "active" | "expired" | "revoked" => {
  if (Option.isSome(revokedAt)) return "revoked"
  return Option.exists(expiresAt, (at) => DateTime.greaterThanOrEqualTo(now, at)) ? "expired" : "active"
}

const bold = (text: string): string => (stdout.isTTY ? `\u001b[1;32m${text}\u001b[0m` : text)
