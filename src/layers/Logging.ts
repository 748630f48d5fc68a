import { Effect, Layer, Logger, Option, Redacted } from "effect"
import { stderr } from "node:process"
import { Config } from "../services/Config.ts"
import { Secrets } from "../services/Secrets.ts"
import { makeRedact } from "./logging/redact.ts"

/** Lines of a format, without secrets, on stderr: stdout belongs to the protocol and to what commands print. */
const toStderr = (format: Logger.Logger<unknown, string>, redact: (text: string) => string) =>
  Logger.map(format, (line) => void stderr.write(`${redact(line)}\n`))

const plain = toStderr(Logger.logfmtLogger, makeRedact().redact)

/** The log before the configuration is known. */
export const LoggingPlain = Logger.replace(Logger.defaultLogger, plain)

/** The log as configured. It knows the credentials, and hides what `Secrets` is told. */
export const Logging = Layer.unwrapEffect(
  Effect.gen(function* () {
    const { credentials, logFormat, logLevel } = yield* Config
    const { learn, redact } = makeRedact()
    if (Option.isSome(credentials)) {
      const { key, otp, secret } = credentials.value
      for (const each of [key, secret, ...Option.toArray(otp)]) learn(Redacted.value(each))
    }
    const format = logFormat === "json" ? Logger.jsonLogger : Logger.logfmtLogger
    return Layer.mergeAll(
      Logger.replace(plain, toStderr(format, redact)),
      Logger.minimumLogLevel(logLevel),
      Layer.succeed(Secrets, { learn: (secret) => Effect.sync(() => learn(secret)) })
    )
  })
)
