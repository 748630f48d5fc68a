import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import { Array, Effect, Option } from "effect"
import { envFile } from "./kit/envFile.ts"
import { UsageError } from "./kit/errors.ts"
import { passphraseFd, toDescriptor } from "./kit/passphraseFd.ts"
import { load } from "../layers/process/load.ts"
import { type Setting, settings } from "../layers/settings/settingDefinitions.ts"

/** Makes the option that stands for a setting. */
const flag = <Name extends string>({
  expected,
  fallback,
  flag,
  name,
  purpose,
  shownDefault = fallback
}: Omit<Setting<unknown>, "flag"> & { flag: Name }) =>
  Options.text(flag).pipe(
    Options.withDescription(
      `${purpose} Accepts ${expected}.${shownDefault === undefined ? "" : ` Default: ${shownDefault}.`} (${name})`
    ),
    Options.optional,
    Options.map(Option.map((text) => [name, text] as const))
  )

/** The option `--paper`, which sets the mode. */
const paper = Options.boolean(settings.mode.flag).pipe(
  Options.withDescription("Trade on simulated accounts, without an API key (MCP_KRAKEN_MODE=paper)"),
  Options.map((given) => (given ? Option.some([settings.mode.name, "paper"] as const) : Option.none()))
)

/** The command `serve`. It loads the server lazily, so that other commands start without the tools and the SDK. */
export const serve = Command.make(
  "serve",
  {
    flags: Options.all([
      paper,
      flag(settings.paperMarket),
      flag(settings.account),
      flag(settings.host),
      flag(settings.port),
      flag(settings.path),
      flag(settings.sslKeyFile),
      flag(settings.sslCertFile)
    ]),
    envFile,
    stdio: Options.boolean("stdio").pipe(
      Options.withDescription("Serve one client on standard input and output, without tokens")
    ),
    firstToken: Options.boolean("first-token").pipe(
      Options.withDescription("Create a token if there is none, and print it with the text to paste into a client")
    ),
    passphraseFd
  },
  Effect.fn(function* ({ envFile, firstToken, flags, passphraseFd, stdio }) {
    if (stdio && firstToken)
      return yield* new UsageError({ message: "--first-token: not available with --stdio, which needs no token" })
    const { server } = yield* load(() => import("../server/server.ts"))
    const descriptor = yield* toDescriptor(passphraseFd)
    yield* server({
      stdio,
      envFile,
      firstToken,
      passphraseFd: descriptor,
      flags: new Map(Array.getSomes(flags))
    })
  })
).pipe(Command.withDescription("Serve MCP over HTTP, or over standard input and output"))
