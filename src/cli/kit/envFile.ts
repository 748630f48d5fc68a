import * as Options from "@effect/cli/Options"

const named = (byDefault: string) =>
  Options.text("env-file").pipe(
    Options.withPseudoName("FILE"),
    Options.withDescription(`Settings file to read. Default: ${byDefault}`),
    Options.optional
  )

/** The option that names a file of settings. */
export const envFile = named(".env in this folder; with --stdio, none")

/** The same for commands of an emergency, which a file that happens to be there does not point elsewhere. */
export const emergencyEnvFile = named(".env in this folder, but mode and state folder only from a named file")
