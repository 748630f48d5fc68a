import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import { Effect } from "effect"
import { load } from "../../layers/process/load.ts"
import { emergencyEnvFile as envFile } from "../kit/envFile.ts"
import { passphraseFd, toDescriptor } from "../kit/passphraseFd.ts"

const json = Options.boolean("json").pipe(Options.withDescription("Print JSON"))

/** The command `panic`. It reads few settings, so that it works while another one is wrong. */
export const panic = Command.make(
  "panic",
  {
    scope: Options.choice("scope", ["all", "own"]).pipe(
      Options.withDescription("Orders to cancel: all of the account, or those of this installation. Default: all"),
      Options.withDefault("all")
    ),
    keepStops: Options.boolean("keep-stops").pipe(
      Options.withDescription("Keep stop-loss, take-profit and trailing orders")
    ),
    withdrawals: Options.choice("withdrawals", ["list", "cancel"]).pipe(
      Options.withDescription("Pending withdrawals: list them, or cancel them if possible. Default: list"),
      Options.withDefault("list")
    ),
    account: Options.text("account").pipe(
      Options.withPseudoName("NAME"),
      Options.withDescription(
        "Kraken account whose orders to cancel, from MCP_KRAKEN_ACCOUNTS. Default: all. All are frozen"
      ),
      Options.optional
    ),
    reason: Options.text("reason").pipe(
      Options.withDescription("A text that frozen servers show to clients"),
      Options.optional
    ),
    json,
    envFile
  },
  (options) =>
    Effect.flatMap(
      load(() => import("./runPanic.ts")),
      ({ runPanicCommand }) => runPanicCommand(options)
    )
).pipe(Command.withDescription("Freeze trading and cancel all orders; exit code 0 if none is left"))

/** The command `resume`. */
export const resume = Command.make(
  "resume",
  { passphraseFd, envFile },
  Effect.fn(function* ({ envFile, passphraseFd }) {
    const descriptor = yield* toDescriptor(passphraseFd)
    const { runResume } = yield* load(() => import("./runResume.ts"))
    yield* runResume({ envFile, passphraseFd: descriptor })
  })
).pipe(Command.withDescription("Allow trading again, after showing what changed"))
