import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import { Effect } from "effect"
import { load } from "../../layers/process/load.ts"
import { envFile } from "../kit/envFile.ts"

const check = Command.make(
  "check",
  { json: Options.boolean("json").pipe(Options.withDescription("Print JSON")), envFile },
  (options) =>
    Effect.flatMap(
      load(() => import("./check.ts")),
      ({ check }) => check(options)
    )
).pipe(Command.withDescription("Report what carries over; exit code 0 if the server would start"))

export const migrate = Command.make("migrate").pipe(
  Command.withDescription("Migrate from the Python server"),
  Command.withSubcommands([check])
)
