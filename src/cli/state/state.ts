import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import { Effect } from "effect"
import { load } from "../../layers/process/load.ts"
import { envFile } from "../kit/envFile.ts"
import { UsageError } from "../kit/errors.ts"
import { passphraseFd, toDescriptor } from "../kit/passphraseFd.ts"

const folder = (description: string) => Args.text({ name: "FOLDER" }).pipe(Args.withDescription(description))

const backup = Command.make("backup", { folder: folder("A new folder, for its owner only"), envFile }, (options) =>
  Effect.flatMap(
    load(() => import("./backup.ts")),
    ({ backup }) => backup(options)
  )
).pipe(Command.withDescription("Copy the databases of the state folder; servers can keep running"))

const restore = Command.make(
  "restore",
  {
    folder: folder("As state backup made it"),
    force: Options.boolean("force").pipe(
      Options.withDescription("Replace a newer or different record, of which a copy is kept")
    ),
    envFile
  },
  (options) =>
    Effect.flatMap(
      load(() => import("./restore.ts")),
      ({ restore }) => restore(options)
    )
).pipe(Command.withDescription("Restore a backup while no server runs; nonces never go back"))

const apiKey = (name: string, description: string) => Args.text({ name }).pipe(Args.withDescription(description))

const rekey = Command.make(
  "rekey",
  {
    from: apiKey("OLD", "The public part of the old API key"),
    to: apiKey("NEW", "The public part of the new API key of the same account"),
    passphraseFd,
    envFile
  },
  Effect.fn(function* ({ passphraseFd, ...options }) {
    if (!isKey(options.from) || !isKey(options.to) || options.from === options.to)
      return yield* new UsageError({ message: "state rekey: expected two different API keys, as Kraken shows them" })
    const descriptor = yield* toDescriptor(passphraseFd)
    yield* Effect.flatMap(
      load(() => import("./rekey.ts")),
      ({ rekey }) => rekey({ ...options, passphraseFd: descriptor })
    )
  })
).pipe(Command.withDescription("Move the record of an API key to a new key"))

const file = (description: string) => Args.text({ name: "FILE" }).pipe(Args.withDescription(description))

const exportState = Command.make("export", { file: file("A new file, for its owner only"), envFile }, (options) =>
  Effect.flatMap(
    load(() => import("./moveState.ts")),
    ({ exportState }) => exportState(options)
  )
).pipe(Command.withDescription("Write the state to a file, to move it to PostgreSQL or back"))

const importState = Command.make(
  "import",
  { file: file("As state export made it"), passphraseFd, envFile },
  Effect.fn(function* ({ passphraseFd, ...options }) {
    const descriptor = yield* toDescriptor(passphraseFd)
    const { importState } = yield* load(() => import("./moveState.ts"))
    yield* importState({ ...options, passphraseFd: descriptor })
  })
).pipe(Command.withDescription("Read such a file into an empty state while no server runs"))

export const state = Command.make("state").pipe(
  Command.withDescription("Back up, restore and move the state, or change the API key"),
  Command.withSubcommands([backup, restore, rekey, exportState, importState])
)

const isKey = (text: string): boolean => /^[\x21-\x7e]{8,200}$/.test(text)
