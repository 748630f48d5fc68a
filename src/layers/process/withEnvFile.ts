import { Option } from "effect"

/** Returns the arguments, with a leading space, by which another command reads the same file of settings. */
export const withEnvFile = (file: Option.Option<string>): string =>
  Option.match(file, {
    onNone: () => "",
    onSome: (file) => ` --env-file ${/^[\w./:@%+~-]+$/.test(file) ? file : JSON.stringify(file)}`
  })
