import * as Options from "@effect/cli/Options"

/** The option that names a file of settings. */
export const envFile = Options.text("env-file").pipe(
  Options.withPseudoName("FILE"),
  Options.withDescription("Settings file to read. Default: .env in this folder; with --stdio, none"),
  Options.optional
)
