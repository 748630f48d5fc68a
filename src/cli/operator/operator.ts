import * as Command from "@effect/cli/Command"
import { Effect } from "effect"
import { load } from "../../layers/process/load.ts"
import { envFile } from "../kit/envFile.ts"
import { passphraseFd, toDescriptor } from "../kit/passphraseFd.ts"

/** Loads the database only for a command that needs it. */
const secrets = load(() => import("./secret.ts"))

const init = Command.make(
  "init",
  { passphraseFd, envFile },
  Effect.fn(function* ({ envFile, passphraseFd }) {
    const descriptor = yield* toDescriptor(passphraseFd)
    yield* Effect.flatMap(secrets, ({ init }) => init({ envFile, passphraseFd: descriptor }))
  })
).pipe(Command.withDescription("Set the passphrase that is required to grant rights"))

const change = Command.make(
  "change",
  { passphraseFd, envFile },
  Effect.fn(function* ({ envFile, passphraseFd }) {
    const descriptor = yield* toDescriptor(passphraseFd)
    yield* Effect.flatMap(secrets, ({ change }) => change({ envFile, passphraseFd: descriptor }))
  })
).pipe(Command.withDescription("Change the passphrase; --passphrase-fd takes the old one first"))

export const operator = Command.make("operator").pipe(
  Command.withDescription("Manage the passphrase that guards the rights of agents"),
  Command.withSubcommands([init, change])
)
