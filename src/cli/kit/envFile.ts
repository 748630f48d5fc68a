import * as Options from "@effect/cli/Options"

/** The option that names a file of settings. */
export const envFile = Options.text("env-file").pipe(
  Options.withPseudoName("FILE"),
  Options.withDescription("Settings file to read instead of .env; with --stdio, .env is not read"),
  Options.optional
)
