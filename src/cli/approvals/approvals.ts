import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import { Effect } from "effect"
import { load } from "../../layers/process/load.ts"
import { envFile } from "../kit/envFile.ts"
import { UsageError } from "../kit/errors.ts"
import { passphraseFd, toDescriptor } from "../kit/passphraseFd.ts"

/** Loads the database only for a command that needs it. */
const reading = load(() => import("./readPlans.ts"))
const answering = load(() => import("./answerPlans.ts"))

const json = Options.boolean("json").pipe(Options.withDescription("Print JSON"))

const id = Args.text({ name: "ID" }).pipe(Args.withDescription("The number of an approval, as approvals list shows it"))

const list = Command.make(
  "list",
  {
    all: Options.boolean("all").pipe(Options.withDescription("Include those that are decided or expired")),
    json,
    envFile
  },
  (options) => Effect.flatMap(reading, ({ list }) => list(options))
).pipe(Command.withDescription("List the writes that wait for approval"))

const show = Command.make(
  "show",
  { id, json, envFile },
  Effect.fn(function* ({ id, ...options }) {
    const number = yield* toNumber(id)
    yield* Effect.flatMap(reading, ({ show }) => show({ ...options, id: number }))
  })
).pipe(Command.withDescription("Print a write in full, and its outcome"))

const approve = Command.make(
  "approve",
  { id, json, passphraseFd, envFile },
  Effect.fn(function* ({ id, passphraseFd, ...options }) {
    const number = yield* toNumber(id)
    const descriptor = yield* toDescriptor(passphraseFd)
    yield* Effect.flatMap(answering, ({ approve }) => approve({ ...options, id: number, passphraseFd: descriptor }))
  })
).pipe(Command.withDescription("Approve a write, which is then sent once; needs the passphrase"))

const deny = Command.make(
  "deny",
  {
    id,
    freeze: Options.boolean("freeze").pipe(
      Options.withDescription("Also freeze its token, which can then only read and cancel")
    ),
    reason: Options.text("reason").pipe(
      Options.withDescription("The reason, for its caller and the record"),
      Options.optional
    ),
    envFile
  },
  Effect.fn(function* ({ id, ...options }) {
    const number = yield* toNumber(id)
    yield* Effect.flatMap(answering, ({ deny }) => deny({ ...options, id: number }))
  })
).pipe(Command.withDescription("Deny a write"))

const watch = Command.make("watch", { json, envFile }, (options) =>
  Effect.flatMap(reading, ({ watch }) => watch(options))
).pipe(Command.withDescription("Print each write when it arrives and when it changes"))

export const approvals = Command.make("approvals").pipe(
  Command.withDescription("Manage writes that wait for approval"),
  Command.withSubcommands([list, show, approve, deny, watch])
)

const toNumber = (text: string) =>
  /^[1-9]\d{0,14}$/.test(text)
    ? Effect.succeed(Number(text))
    : new UsageError({ message: `ID: expected a number from 1, got ${JSON.stringify(text)}` })
