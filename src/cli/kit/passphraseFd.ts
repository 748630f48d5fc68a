import * as Options from "@effect/cli/Options"
import { Effect, Option } from "effect"
import { UsageError } from "./errors.ts"

/** The option by which a program gives the operator passphrase. An argument would be seen by other programs. */
export const passphraseFd = Options.text("passphrase-fd").pipe(
  Options.withPseudoName("N"),
  Options.withDescription("Read the operator passphrase from this file descriptor, for automation"),
  Options.optional
)

/** Parses the number of a file descriptor. */
export const toDescriptor = (text: Option.Option<string>): Effect.Effect<Option.Option<number>, UsageError> =>
  Effect.transposeMapOption(text, (text) =>
    /^\d{1,4}$/.test(text)
      ? Effect.succeed(Number(text))
      : new UsageError({ message: `--passphrase-fd: expected a number from 0, got ${JSON.stringify(text)}` })
  )
