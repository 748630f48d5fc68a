import * as Options from "@effect/cli/Options"

/** The option that names a file of settings. */
export const envFile = Options.text("env-file").pipe(
  Options.withPseudoName("FILE"),
  Options.withDescription("File of settings, in place of .env; over --stdio none is read without it"),
  Options.optional
)
