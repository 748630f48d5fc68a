import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import { Effect } from "effect"
import { load } from "../../layers/process/load.ts"
import { settings } from "../../layers/settings/settingDefinitions.ts"
import { passphraseFd } from "../kit/passphraseFd.ts"
import { newTerms } from "../token/termOptions.ts"

/** The command `setup`, which loads its parts lazily. */
export const setup = Command.make(
  "setup",
  {
    client: Options.repeated(
      Options.text("client").pipe(
        Options.withPseudoName("NAME"),
        Options.withDescription(
          "Client to connect, such as claude-code, claude-desktop, cursor or vscode; repeatable. Default: all that are found"
        )
      )
    ),
    write: Options.boolean("write").pipe(
      Options.withDescription("Write the configuration, and keep a backup of the old file. Default: print it")
    ),
    paper: Options.boolean("paper").pipe(Options.withDescription("Connect to a simulated account (default)")),
    live: Options.boolean("live").pipe(
      Options.withDescription(
        "Connect to your Kraken account; the API key is in the file of --env-file, or in one that is made for it"
      )
    ),
    market: Options.text("market").pipe(
      Options.withDescription(`Market of the simulated account. Accepts ${settings.paperMarket.expected}.`),
      Options.optional
    ),
    http: Options.text("http").pipe(
      Options.withPseudoName("URL"),
      Options.withDescription("URL of a running server, for which each client gets a token with limits"),
      Options.optional
    ),
    envFile: Options.text("env-file").pipe(
      Options.withPseudoName("FILE"),
      Options.withDescription("Settings file of the server, which keeps the API key out of clients' files"),
      Options.optional
    ),
    expiresIn: Options.text("expires-in").pipe(
      Options.withDescription("Lifetime of the tokens: 90d, 12h, 30m, 45s or seconds. Default: 90d"),
      Options.optional
    ),
    terms: newTerms,
    passphraseFd
  },
  (options) =>
    Effect.flatMap(
      load(() => import("./run.ts")),
      ({ run }) => run(options)
    )
).pipe(Command.withDescription("Connect the MCP clients on this machine, and check the connection"))
