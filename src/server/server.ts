import { Cause, Effect, Layer, type Option } from "effect"
import { ConfigEnv, type SettingsError } from "../layers/settings/ConfigEnv.ts"
import { Logging } from "../layers/telemetry/Logging.ts"
import * as Needs from "../layers/settings/needs.ts"
import { settings } from "../layers/settings/table.ts"
import { Config } from "../services/Config.ts"
import { InternalError } from "../layers/process/InternalError.ts"
import { load } from "../layers/process/load.ts"

/** Says what the settings leave in doubt. */
const notices = Effect.flatMap(Config, ({ notices }) =>
  Effect.forEach(notices, (notice) => Effect.logWarning(notice), { discard: true })
)

const loadOverStdio = load(() => import("./overStdio.ts"))

const overStdio = Effect.flatMap(loadOverStdio, ({ overStdio }) => overStdio)

/** The client of a server whose settings are wrong hears it too. */
const refuse = ({ message }: SettingsError) => Effect.flatMap(loadOverStdio, ({ refuse }) => refuse(message))

const overHttp = (firstToken: boolean, envFile: Option.Option<string>) =>
  Effect.flatMap(
    load(() => import("./overHttp.ts")),
    ({ overHttp }) => overHttp(firstToken, envFile)
  )

/** What nobody foresaw goes to the log that knows the secrets. */
const told = <E>(cause: Cause.Cause<E>): Effect.Effect<never, E | InternalError> =>
  Cause.isDie(cause)
    ? Effect.zipRight(
        Effect.logFatal("Internal error", cause),
        new InternalError({ message: "The server ended because of an internal error." })
      )
    : Effect.failCause(cause)

/** Serves until the process is told to stop, or, over stdio, until the input ends. */
export const server = ({ envFile, firstToken, flags, stdio }: Options) =>
  Effect.provide(
    Effect.zipRight(notices, stdio ? overStdio : overHttp(firstToken, envFile)).pipe(Effect.catchAllCause(told)),
    Logging().pipe(Layer.provideMerge(ConfigEnv(stdio ? Needs.overStdio : Needs.overHttp, envFile, flags)))
  ).pipe(Effect.tapErrorTag("SettingsError", (error) => (stdio ? refuse(error) : Effect.void)))

/** As clients on a desktop start it. */
export const serverOverStdio = (paper: boolean, envFile: Option.Option<string>) =>
  server({ stdio: true, envFile, firstToken: false, flags: new Map(paper ? [[settings.mode.name, "paper"]] : []) })

interface Options {
  /** Settings by their names, over all others. */
  readonly flags: ReadonlyMap<string, string>
  /** A file of settings in place of `.env`. */
  readonly envFile: Option.Option<string>
  readonly stdio: boolean
  /** Over HTTP: make a token where there is none, and show it. */
  readonly firstToken: boolean
}
