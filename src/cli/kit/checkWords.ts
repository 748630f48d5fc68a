import * as CliConfig from "@effect/cli/CliConfig"
import * as CommandDescriptor from "@effect/cli/CommandDescriptor"
import * as HelpDoc from "@effect/cli/HelpDoc"
import * as Usage from "@effect/cli/Usage"
import { Effect, HashMap, Option } from "effect"
import { distance } from "fastest-levenshtein"
import { stripVTControlCharacters } from "node:util"
import { windows } from "../../domain/mandates/mandateWords.ts"
import { escapeText } from "../../domain/wire/escapeText.ts"
import { UsageError } from "./errors.ts"

type Descriptor = CommandDescriptor.Command<unknown>

/** Options of every command, which the library adds. */
const builtIn = { "--help": false, "--version": false, "--wizard": false, "--completions": true, "--log-level": true }

/** The subcommands of each command by their names. One without subcommands has only itself, as the library has it. */
export type Commands = ReadonlyMap<string, HashMap.HashMap<string, Descriptor>>

/** The options and arguments of a command. */
interface Accepted {
  /** Options by name, short ones too, with true for those that take a value. */
  readonly options: ReadonlyMap<string, boolean>
  /** Names of the arguments, such as `<NAME>`. */
  readonly positional: ReadonlyArray<string>
}

/**
 * Fails with the nearest name if the words name a command or an option that does not exist, an option without its value, or
 * more arguments than the command takes. The library's own errors name no nearest one, and it prints help for any words with
 * `--help`. Everything else is left to the library.
 */
export const checkWords = (commands: Commands, words: ReadonlyArray<string>): Effect.Effect<void, UsageError> => {
  const [first = "-", ...rest] = withoutHelp(words)
  const option = first.split("=", 1)[0] ?? ""
  if (option.startsWith("--") && !(option in builtIn)) return fail("mcp-kraken", "option", option, Object.keys(builtIn))
  if (first.startsWith("-")) return Effect.void
  const below = commands.get(first)
  if (below === undefined) return fail("mcp-kraken", "command", first, [...commands.keys()])
  const itself = Option.getOrUndefined(HashMap.get(below, first))
  if (itself !== undefined) return checkRest(first, acceptedBy(itself), rest)
  const [second = "-", ...others] = withoutHelp(rest)
  if (second.startsWith("--") && !(second in builtIn)) return fail(first, "option", second, Object.keys(builtIn))
  if (second.startsWith("-")) return Effect.void
  return Option.match(HashMap.get(below, second), {
    onNone: () => fail(first, "command", second, [...HashMap.keys(below)]),
    onSome: (command) => checkRest(`${first} ${second}`, acceptedBy(command), others)
  })
}

/** Leaves out a request for help before the name of a command. */
const withoutHelp = (words: ReadonlyArray<string>): ReadonlyArray<string> =>
  words[0] === "--help" || words[0] === "-h" ? words.slice(1) : words

/** Checks the words after the name of a command, up to `--`. */
const checkRest = (
  command: string,
  { options, positional }: Accepted,
  words: ReadonlyArray<string>
): Effect.Effect<void, UsageError> => {
  const given = words.slice(0, words.includes("--") ? words.indexOf("--") : undefined)
  const names = [...options.keys()].filter((name) => name.startsWith("--"))
  let found = 0
  let index = 0
  while (index < given.length) {
    const word = given[index] ?? ""
    const name = word.split("=", 1)[0] ?? ""
    const takesValue = options.get(name)
    if (takesValue === undefined && name.startsWith("--")) return fail(command, "option", name, names)
    // Unknown short options might take a value, which would count as an argument here.
    if (takesValue === undefined && name.startsWith("-")) return Effect.void
    if (takesValue === undefined && ++found > positional.length) return failArgument(command, word, positional, names)
    const hasOwnValue = takesValue === true && !word.includes("=")
    if (hasOwnValue && index + 1 === given.length) return new UsageError({ message: `${name}: expected a value` })
    index += hasOwnValue || (takesValue === false && isTruth(given[index + 1])) ? 2 : 1
  }
  return Effect.void
}

/** Checks that a word is one that the library takes as the value of an option without one. */
const isTruth = (word: string | undefined): boolean => /^(?:true|1|y|yes|on|false|0|n|no|off)$/.test(word ?? "")

/** Reads the options and arguments of a command from its usage: `[--paper] [(-e, --expires-in text)] <NAME>`. */
const acceptedBy = (command: Descriptor): Accepted => {
  const usage = Usage.enumerate(CommandDescriptor.getUsage(command), CliConfig.defaultConfig)
    .map((line) => stripVTControlCharacters(HelpDoc.toAnsiText(HelpDoc.p(line))))
    .join(" ")
  const options = [...usage.matchAll(/(?:(-[a-z]), )?(--[a-z][a-z-]*)( [^\s[\])])?/g)].flatMap(
    ([, short, name = "", value]) =>
      [name, ...(short === undefined ? [] : [short])].map((name) => [name, value !== undefined] as const)
  )
  return {
    options: new Map([...Object.entries(builtIn), ["-h", false], ...options]),
    positional: usage.match(/<\w+>/g) ?? []
  }
}

/** Finds the window in an option such as `--max-order` or `--daily`, which stands for a limit of spending. */
const windowIn = (option: string): string | undefined => {
  const words = option.slice(2).split("-")
  return windows.find((window) =>
    [window, `${window}s`, window === "day" ? "daily" : `${window}ly`].some((word) => words.includes(word))
  )
}

/** Finds the option whose meaning an unknown one has, with an example of its value. Undefined if there is none. */
const meantBy = (given: string, names: ReadonlyArray<string>): string | undefined => {
  const window = names.includes("--max") ? windowIn(given) : undefined
  return window === undefined ? undefined : `--max 100USD/${window}`
}

const fail = (command: string, kind: "command" | "option", given: string, names: ReadonlyArray<string>) =>
  noSuch(`${kind} of ${command}`, given, names, kind === "option" ? meantBy(given, names) : undefined)

/** Makes the error for an argument too many, which might be an option without its hyphens. */
const failArgument = (command: string, given: string, taken: ReadonlyArray<string>, names: ReadonlyArray<string>) =>
  noSuch(`argument of ${[command, ...taken].join(" ")}`, given, names)

/** Makes the error for an unknown name, with `meant`, which means the same, the nearest one, or with all of them if none is near. */
export const noSuch = (kind: string, given: string, names: ReadonlyArray<string>, meant?: string) => {
  const from = (name: string) => distance(withoutHyphens(name), withoutHyphens(given))
  const [nearest = "", ...others] = names.toSorted((a, b) => from(a) - from(b))
  const isNear = from(nearest) <= Math.max(2, Math.floor(given.length / 3))
  const expected = [nearest, ...others].filter((name) => !(name in builtIn) || name === "--help").toSorted()
  const suggested = meant ?? (isNear ? nearest : undefined)
  const hint =
    suggested === undefined
      ? `expected one of ${expected.join(", ")}${/^(?:command|argument)/.test(kind) ? `; the nearest is ${nearest}` : ""}`
      : `did you mean ${suggested}?`
  return new UsageError({ message: `${escapeText(given)}: no such ${kind}; ${hint}` })
}

const withoutHyphens = (name: string): string => name.toLowerCase().replace(/^--/, "")
