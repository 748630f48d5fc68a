import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import { Effect } from "effect"
import { parseReceipt } from "../../layers/access/record/chain.ts"
import { load } from "../../layers/process/load.ts"
import { envFile } from "../kit/envFile.ts"
import { UsageError } from "../kit/errors.ts"
import { passphraseFd, toDescriptor } from "../kit/passphraseFd.ts"

/** Loads the database only for a command that needs it. */
const reading = load(() => import("./readRecord.ts"))
const changing = load(() => import("./changeRecord.ts"))

const json = Options.boolean("json").pipe(Options.withDescription("Print JSON"))

const seq = Args.text({ name: "SEQ" }).pipe(Args.withDescription("The number of a row, as audit list shows it"))

const list = Command.make(
  "list",
  {
    limit: Options.text("limit").pipe(
      Options.withDescription("Maximum number of rows. Default: 20"),
      Options.withDefault("20")
    ),
    before: Options.text("before").pipe(Options.withDescription("Only rows before this number"), Options.optional),
    caller: Options.text("caller").pipe(
      Options.withDescription("Only writes of the token with this id, or local"),
      Options.optional
    ),
    state: Options.choice("state", ["open", "happened", "did-not-happen", "unknown", "refused"]).pipe(
      Options.withDescription("Only writes in this state"),
      Options.optional
    ),
    json,
    envFile
  },
  Effect.fn(function* ({ before, limit, ...options }) {
    const { list } = yield* reading
    yield* list({
      ...options,
      limit: yield* toNumber("--limit", limit),
      before: yield* Effect.transposeMapOption(before, (text) => toNumber("--before", text))
    })
  })
).pipe(Command.withDescription("List writes and refused writes, newest first"))

const show = Command.make(
  "show",
  { seq, json, envFile },
  Effect.fn(function* ({ seq, ...options }) {
    const number = yield* toNumber("SEQ", seq)
    yield* Effect.flatMap(reading, ({ show }) => show({ ...options, seq: number }))
  })
).pipe(Command.withDescription("Print a row with its hash, and the outcome of the write"))

const exportRows = Command.make(
  "export",
  {
    jsonl: Options.boolean("jsonl").pipe(Options.withDescription("One JSON object per row (the only format)")),
    file: Args.text({ name: "FILE" }).pipe(
      Args.withDescription("A new file, readable only by its owner. Default: standard output"),
      Args.optional
    ),
    envFile
  },
  Effect.fn(function* ({ jsonl, ...options }) {
    if (!jsonl) return yield* new UsageError({ message: "audit export: expected --jsonl" })
    yield* Effect.flatMap(reading, ({ exportRows }) => exportRows(options))
  })
).pipe(Command.withDescription("Print all rows with their hashes"))

const verify = Command.make(
  "verify",
  {
    receipts: Options.text("receipt").pipe(
      Options.withDescription("A receipt that you kept, such as 42:9f86d081884c7d65; repeatable"),
      Options.repeated
    ),
    json,
    envFile
  },
  Effect.fn(function* ({ receipts, ...options }) {
    const parsed = yield* Effect.forEach(receipts, toReceipt)
    yield* Effect.flatMap(reading, ({ verifyRecord }) => verifyRecord({ ...options, receipts: parsed }))
  })
).pipe(Command.withDescription("Verify all rows; exit code 0 intact, 1 unknown, 3 altered, 4 cut"))

const prune = Command.make(
  "prune",
  {
    before: Options.text("before").pipe(
      Options.withPseudoName("DATE"),
      Options.withDescription("A day such as 2026-01-31 (UTC), at least 31 days ago")
    ),
    envFile
  },
  Effect.fn(function* ({ before, envFile }) {
    const moment = yield* toMoment(before)
    yield* Effect.flatMap(changing, ({ prune }) => prune({ before: moment, envFile }))
  })
).pipe(Command.withDescription("Remove contents of old closed writes; their hashes stay"))

const resolve = Command.make(
  "resolve",
  {
    seq,
    happened: Options.boolean("happened").pipe(Options.withDescription("Kraken carried it out")),
    not: Options.boolean("not").pipe(Options.withDescription("Kraken did not carry it out")),
    passphraseFd,
    envFile
  },
  Effect.fn(function* ({ envFile, happened, not, passphraseFd, seq }) {
    if (happened === not) return yield* new UsageError({ message: "audit resolve: expected --happened or --not" })
    const number = yield* toNumber("SEQ", seq)
    const descriptor = yield* toDescriptor(passphraseFd)
    const outcome = happened ? "happened" : "did-not-happen"
    yield* Effect.flatMap(changing, ({ resolve }) =>
      resolve({ seq: number, outcome, passphraseFd: descriptor, envFile })
    )
  })
).pipe(Command.withDescription("Decide a write whose outcome is unknown"))

export const audit = Command.make("audit").pipe(
  Command.withDescription("Read, verify and maintain the record of all writes"),
  Command.withSubcommands([list, show, exportRows, verify, prune, resolve])
)

const toNumber = (name: string, text: string) =>
  /^[1-9]\d{0,14}$/.test(text)
    ? Effect.succeed(Number(text))
    : new UsageError({ message: `${name}: expected a number from 1, got ${JSON.stringify(text)}` })

const toReceipt = (text: string) =>
  Effect.mapError(
    Effect.fromNullable(parseReceipt(text)),
    () =>
      new UsageError({
        message: `--receipt: expected SEQ:HASH such as 42:9f86d081884c7d65, got ${JSON.stringify(text)}`
      })
  )

/** Reads the beginning of a day, in Unix milliseconds. A day that the calendar lacks is refused. */
const toMoment = (text: string) => {
  const millis = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(text) : NaN
  return Number.isFinite(millis) && new Date(millis).toISOString().startsWith(text)
    ? Effect.succeed(millis)
    : new UsageError({ message: `--before: expected a day such as 2026-01-31, got ${JSON.stringify(text)}` })
}
