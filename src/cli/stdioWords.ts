import { Option } from "effect"

interface StdioWords {
  readonly paper: boolean
  readonly envFile: Option.Option<string>
}

/**
 * Reads the arguments with which clients start the server over stdio, in any order and without the command line
 * library. None for any other command.
 */
export const stdioWords = (words: ReadonlyArray<string>): Option.Option<StdioWords> => {
  const [command, ...flags] = words
  const at = flags.indexOf("--env-file")
  const envFile = at < 0 ? undefined : (flags[at + 1] ?? "")
  if (at >= 0) flags.splice(at, 2)
  const rest = new Set(flags)
  const isKnown = rest.size === flags.length && flags.every((flag) => flag === "--stdio" || flag === "--paper")
  // A file name that looks like a flag is left to the library.
  return command === "serve" && rest.has("--stdio") && isKnown && !(envFile?.startsWith("-") ?? false) && envFile !== ""
    ? Option.some({ paper: rest.has("--paper"), envFile: Option.fromNullable(envFile) })
    : Option.none()
}
