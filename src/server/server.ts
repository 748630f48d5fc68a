import { Cause, Effect, Layer, Option } from "effect"
import { ConfigEnv, type SettingsError } from "../layers/settings/ConfigEnv.ts"
import { Logging } from "../layers/telemetry/logging.ts"
import * as Needs from "../layers/settings/needs.ts"
import { LocalAccount } from "../layers/settings/ofAccount.ts"
import { settings } from "../layers/settings/settingDefinitions.ts"
import { Config } from "../services/Config.ts"
import { InternalError } from "../layers/process/InternalError.ts"
import { load } from "../layers/process/load.ts"
import { Telemetry } from "./observed.ts"

/** Logs the notices about the settings. */
const notices = Effect.flatMap(Config, ({ notices }) =>
  Effect.forEach(notices, (notice) => Effect.logWarning(notice), { discard: true })
)

const loadOverStdio = load(() => import("./overStdio.ts"))

const overStdio = Effect.flatMap(loadOverStdio, ({ overStdio }) => overStdio)

/** Reports invalid settings to the client over stdio, too. */
const refuse = ({ forClients }: SettingsError) => Effect.flatMap(loadOverStdio, ({ refuse }) => refuse(forClients))

const overHttp = (options: Options) =>
  Effect.flatMap(
    load(() => import("./overHttp.ts")),
    ({ overHttp }) => overHttp(options)
  )

/** Logs an unexpected error with the logger that masks secrets. */
const reported = <E>(cause: Cause.Cause<E>): Effect.Effect<never, E | InternalError> =>
  Cause.isDie(cause)
    ? Effect.zipRight(
        Effect.logFatal("Internal error", cause),
        new InternalError({ message: "The server ended because of an internal error." })
      )
    : Effect.failCause(cause)

/** Serves until the process receives a signal to stop, or over stdio until the input ends. */
export const server = (options: Options) => {
  const { envFile, flags, stdio } = options
  return Effect.provide(
    Effect.zipRight(notices, stdio ? Effect.provide(overStdio, LocalAccount) : overHttp(options)).pipe(
      Effect.catchAllCause(reported)
    ),
    Telemetry.pipe(
      Layer.provideMerge(Logging()),
      Layer.provideMerge(ConfigEnv(stdio ? Needs.overStdio : Needs.overHttp, envFile, flags))
    )
  ).pipe(Effect.tapErrorTag("SettingsError", (error) => (stdio ? refuse(error) : Effect.void)))
}

/** Serves over stdio, as desktop clients start it. */
export const serverOverStdio = (paper: boolean, envFile: Option.Option<string>) =>
  server({
    stdio: true,
    envFile,
    firstToken: false,
    passphraseFd: Option.none(),
    flags: new Map(paper ? [[settings.mode.name, "paper"]] : [])
  })

interface Options {
  /** Settings by name, which win over all other sources. */
  readonly flags: ReadonlyMap<string, string>
  /** A file of settings that replaces `.env`. */
  readonly envFile: Option.Option<string>
  readonly stdio: boolean
  /** Over HTTP: makes a token if there is none, and shows it. */
  readonly firstToken: boolean
  /** The file descriptor from which the operator passphrase is read. None: it is typed. */
  readonly passphraseFd: Option.Option<number>
}
