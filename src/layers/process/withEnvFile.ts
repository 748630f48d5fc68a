import { Option } from "effect"

/** The words that have another command read the same file, with a blank before them. */
export const withEnvFile = (file: Option.Option<string>): string =>
  Option.match(file, {
    onNone: () => "",
    onSome: (file) => ` --env-file ${/^[\w./:@%+~-]+$/.test(file) ? file : JSON.stringify(file)}`
  })
