import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import { Effect } from "effect"
import { load } from "../../layers/process/load.ts"
import { envFile } from "../kit/envFile.ts"

/** The command `doctor`. It loads the checks lazily, so that other commands start without them. */
export const doctor = Command.make(
  "doctor",
  {
    stdio: Options.boolean("stdio").pipe(
      Options.withDescription("Check the server as a client starts it, over standard input and output")
    ),
    paper: Options.boolean("paper").pipe(
      Options.withDescription("Check a server in paper mode (MCP_KRAKEN_MODE=paper)")
    ),
    json: Options.boolean("json").pipe(Options.withDescription("Print JSON")),
    envFile
  },
  (options) =>
    Effect.flatMap(
      load(() => import("./run.ts")),
      ({ run }) => run(options)
    )
).pipe(Command.withDescription("Diagnose problems and weaknesses; exit code 0 if there are none"))
