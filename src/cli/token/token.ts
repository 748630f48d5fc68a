import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import { Effect } from "effect"
import { toLifetime } from "./duration.ts"
import { envFile } from "../kit/envFile.ts"
import { passphraseFd, toDescriptor } from "../kit/passphraseFd.ts"
import { changedTerms, newTerms } from "./termOptions.ts"
import { UsageError } from "../kit/errors.ts"
import { load } from "../../layers/process/load.ts"

/** Loads the database only for a command that needs it, so that help and completions start without it. */
const tokens = load(() => import("./tokens.ts"))
const creating = load(() => import("./create.ts"))
const updating = load(() => import("./update.ts"))
const rotating = load(() => import("./rotate.ts"))
const freezing = load(() => import("./freeze.ts"))
const showing = load(() => import("./show.ts"))

const json = Options.boolean("json").pipe(Options.withDescription("Print JSON"))

const create = Command.make(
  "create",
  {
    name: Args.text({ name: "NAME" }).pipe(Args.withDescription("Name of the token, e.g. claude-code")),
    expiresIn: Options.text("expires-in").pipe(
      Options.withAlias("e"),
      Options.withDescription(
        "Lifetime: 90d, 12h, 30m, 45s or seconds. Default: 90d with --budget, otherwise the token never expires"
      ),
      Options.optional
    ),
    paper: Options.boolean("paper").pipe(
      Options.withDescription(
        "Allow simulated accounts only, never the real one; always the case with MCP_KRAKEN_MODE=paper"
      )
    ),
    account: Options.text("account").pipe(
      Options.withPseudoName("NAME"),
      Options.withDescription("Kraken account that it opens, a name of MCP_KRAKEN_ACCOUNTS. Default: default"),
      Options.optional
    ),
    terms: newTerms,
    json,
    passphraseFd,
    envFile
  },
  Effect.fn(function* ({ expiresIn, passphraseFd, ...options }) {
    if (options.name.trim() === "") return yield* new UsageError({ message: "NAME must not be empty" })
    const lifetime = yield* Effect.transposeMapOption(expiresIn, toLifetime)
    const descriptor = yield* toDescriptor(passphraseFd)
    yield* Effect.flatMap(creating, ({ create }) => create({ ...options, lifetime, passphraseFd: descriptor }))
  })
).pipe(Command.withDescription("Create a bearer token; it is printed only once"))

const id = Args.text({ name: "ID" }).pipe(Args.withDescription("Id of the token, as token list shows it"))

const update = Command.make(
  "update",
  {
    id,
    terms: changedTerms,
    removeLimits: Options.boolean("remove-limits").pipe(
      Options.withDescription("Remove all limits: the token can do everything that the server offers")
    ),
    revision: Options.text("revision").pipe(
      Options.withPseudoName("N"),
      Options.withDescription("Change the limits only if this is their newest revision, as token show prints it"),
      Options.optional
    ),
    json,
    passphraseFd,
    envFile
  },
  Effect.fn(function* ({ passphraseFd, removeLimits, revision, terms, ...options }) {
    const given = Object.keys(terms)
    if (removeLimits === given.length > 0)
      return yield* new UsageError({ message: "token update: expected flags of limits, or --remove-limits" })
    const from = {
      ...options,
      revision: yield* Effect.transposeMapOption(revision, toRevision),
      passphraseFd: yield* toDescriptor(passphraseFd)
    }
    const changes = yield* updating
    yield* removeLimits ? changes.removeLimits(from) : changes.update({ ...from, terms })
  })
).pipe(Command.withDescription("Change the given limits of a token; the others stay"))

const show = Command.make("show", { id, json, envFile }, (options) =>
  Effect.flatMap(showing, ({ show }) => show(options))
).pipe(Command.withDescription("Print a token, its limits, and what is used and left of them"))

const rotate = Command.make(
  "rotate",
  { id, json, passphraseFd, envFile },
  Effect.fn(function* ({ passphraseFd, ...options }) {
    const descriptor = yield* toDescriptor(passphraseFd)
    yield* Effect.flatMap(rotating, ({ rotate }) => rotate({ ...options, passphraseFd: descriptor }))
  })
).pipe(Command.withDescription("Replace a token with a new one that has its limits and usage"))

const caller = Args.text({ name: "ID" }).pipe(
  Args.withDescription("Id of a token, or local for callers without a token")
)

const freeze = Command.make(
  "freeze",
  {
    id: caller,
    reason: Options.text("reason").pipe(Options.withDescription("The reason, for the record"), Options.optional),
    envFile
  },
  (options) => Effect.flatMap(freezing, ({ freeze }) => freeze(options))
).pipe(Command.withDescription("Restrict a token to reads and cancels, immediately"))

const unfreeze = Command.make(
  "unfreeze",
  { id: caller, passphraseFd, envFile },
  Effect.fn(function* ({ passphraseFd, ...options }) {
    const descriptor = yield* toDescriptor(passphraseFd)
    yield* Effect.flatMap(freezing, ({ unfreeze }) => unfreeze({ ...options, passphraseFd: descriptor }))
  })
).pipe(Command.withDescription("Lift the freeze of a token"))

const list = Command.make(
  "list",
  { all: Options.boolean("all").pipe(Options.withDescription("Include revoked tokens")), json, envFile },
  (options) => Effect.flatMap(tokens, ({ list }) => list(options))
).pipe(Command.withDescription("List tokens, newest first"))

const revoke = Command.make("revoke", { id, envFile }, (options) =>
  Effect.flatMap(tokens, ({ revoke }) => revoke(options))
).pipe(Command.withDescription("Revoke a token; servers refuse it within a second"))

export const token = Command.make("token").pipe(
  Command.withDescription("Manage the bearer tokens of the HTTP server"),
  Command.withSubcommands([create, list, show, update, rotate, freeze, unfreeze, revoke])
)

/** Parses the number of a revision. */
const toRevision = (text: string) =>
  /^\d{1,15}$/.test(text)
    ? Effect.succeed(Number(text))
    : new UsageError({ message: `--revision: expected a number from 0, got ${JSON.stringify(text)}` })
