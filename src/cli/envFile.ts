import * as Options from "@effect/cli/Options"
import { Option } from "effect"

/** The flag that names a file of settings. */
export const envFile = Options.text("env-file").pipe(
  Options.withPseudoName("FILE"),
  Options.withDescription("File of settings, in place of .env; over --stdio none is read without it"),
  Options.optional
)

/** The words that have another command read the same file, with a blank before them. */
export const withEnvFile = (file: Option.Option<string>): string =>
  Option.match(file, {
    onNone: () => "",
    onSome: (file) => ` --env-file ${/^[\w./:@%+~-]+$/.test(file) ? file : JSON.stringify(file)}`
  })
