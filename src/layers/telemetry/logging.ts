import { Cause, Effect, HashMap, Layer, Logger, LogLevel, Option, Redacted } from "effect"
import { escapeText } from "../../domain/wire/escapeText.ts"
import { Config } from "../../services/Config.ts"
import { Secrets } from "../../services/Secrets.ts"
import { json, logfmt } from "./format.ts"
import { makeRedact } from "./redact.ts"
import { toStderr } from "./stderr.ts"

/** Writes a line of the log. An urgent line is written at once. */
type Write = (line: string, urgent: boolean) => void

const hiding = (format: Logger.Logger<unknown, string>, redact: (text: string) => string, write: Write) =>
  Logger.make<unknown, void>((options) => {
    // An error that is thrown here would end the fiber that logs.
    try {
      write(escapeText(redact(format.log(options))), LogLevel.greaterThanEqual(options.logLevel, LogLevel.Warning))
    } catch {
      write(escapeText(redact(format.log({ ...options, ...unreadable }))), true)
    }
  })

/** The replacement for a line that can't be formatted. */
const unreadable = { message: "A line of the log can't be formatted", cause: Cause.empty, annotations: HashMap.empty() }

const plain = hiding(logfmt, makeRedact().redact, toStderr)

/** The logger in use before the configuration is known. */
export const LoggingPlain = Logger.replace(Logger.defaultLogger, plain)

/**
 * Leaves lines out of spans, unmasked. The span of a command lasts as long as the server, and would keep every line in memory.
 */
const withoutSpanEvents = Logger.remove(Logger.tracerLogger)

/**
 * The configured logger, which masks secrets: the credentials, the values passed to `Secrets`, and text that looks like
 * a secret. It masks the whole line, so that a secret is found in the message, in an annotation, in a span and in the
 * cause of a failure. Hidden characters and line breaks are escaped in the whole line, too.
 */
export const Logging = (write: Write = toStderr) =>
  Layer.unwrapEffect(
    Effect.gen(function* () {
      const { accounts, credentials, logFormat, logLevel } = yield* Config
      const { addSecret, redact } = makeRedact()
      const all = [credentials, ...accounts.map(({ credentials }) => credentials)]
      for (const { key, otp, secret } of all.flatMap(Option.toArray)) {
        for (const each of [key, secret, ...Option.toArray(otp)]) addSecret(Redacted.value(each))
      }
      const format = logFormat === "json" ? json : logfmt
      return Layer.mergeAll(
        Logger.remove(Logger.defaultLogger),
        Logger.remove(plain),
        withoutSpanEvents,
        Logger.add(hiding(format, redact, write)),
        Logger.minimumLogLevel(logLevel),
        Layer.succeed(Secrets, { add: (secret) => Effect.sync(() => addSecret(secret)) })
      )
    })
  )
