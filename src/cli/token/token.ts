import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import { Effect } from "effect"
import { parseDuration } from "./duration.ts"
import { envFile } from "../kit/envFile.ts"
import { UsageError } from "../kit/errors.ts"
import { load } from "../../layers/process/load.ts"

/** Loads the database only for a command that needs it, so that help and completions start without it. */
const tokens = load(() => import("./tokens.ts"))

const json = Options.boolean("json").pipe(Options.withDescription("Print JSON"))

const create = Command.make(
  "create",
  {
    name: Args.text({ name: "NAME" }).pipe(Args.withDescription("Name of the token, e.g. claude-code")),
    expiresIn: Options.text("expires-in").pipe(
      Options.withAlias("e"),
      Options.withDescription("Lifetime: 90d, 12h, 30m, 45s or seconds. Default: the token never expires"),
      Options.optional
    ),
    paper: Options.boolean("paper").pipe(
      Options.withDescription(
        "Allow simulated accounts only, never the real one; always the case with MCP_KRAKEN_MODE=paper"
      )
    ),
    json,
    envFile
  },
  Effect.fn(function* ({ envFile, expiresIn, json, name, paper }) {
    if (name.trim() === "") return yield* new UsageError({ message: "NAME must not be empty" })
    const lifetime = yield* Effect.transposeMapOption(expiresIn, toDuration)
    const { create } = yield* tokens
    yield* create({ name, lifetime, paper, json, envFile })
  })
).pipe(Command.withDescription("Create a bearer token; it is printed only once"))

const list = Command.make(
  "list",
  { all: Options.boolean("all").pipe(Options.withDescription("Include revoked tokens")), json, envFile },
  (options) => Effect.flatMap(tokens, ({ list }) => list(options))
).pipe(Command.withDescription("List tokens, newest first"))

const revoke = Command.make(
  "revoke",
  { id: Args.text({ name: "ID" }).pipe(Args.withDescription("Id of the token, as token list shows it")), envFile },
  (options) => Effect.flatMap(tokens, ({ revoke }) => revoke(options))
).pipe(Command.withDescription("Revoke a token; servers refuse it within a second"))

export const token = Command.make("token").pipe(
  Command.withDescription("Manage the bearer tokens of the HTTP server"),
  Command.withSubcommands([create, list, revoke])
)

/** Parses the lifetime of a token. */
const toDuration = (text: string) =>
  Effect.mapError(
    parseDuration(text),
    () =>
      new UsageError({
        message: `--expires-in: expected a time above zero such as 90d, 12h, 30m, 45s or 3600 (seconds), got ${JSON.stringify(text)}`
      })
  )
