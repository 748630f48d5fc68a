import { Console, Effect, Layer } from "effect"
import type { WriteStream } from "node:tty"
import { stripVTControlCharacters } from "node:util"
import { escapeLines } from "../../domain/wire/escapeText.ts"
import { withTools } from "./toolCompletions.ts"

/** Sentences that the command line library prints for every option of a type. */
const noise = new Set([
  "A user-defined piece of text.",
  "A true or false value.",
  "An integer.",
  "This setting is optional."
])

const isHeading = (line: string): boolean => /^[A-Z]+$/.test(line)

/** The form of a command in a list: its name, its arguments and its description. */
const commandLine = /^\s*- (?<name>[a-z]+(?: [a-z]+)*)(?<takes>(?: [-[(<].*?)?)\s{2,}(?<text>\S.*)$/

/**
 * Shortens the library's help: one line for each command, blank lines before headings only, nothing twice. `path` is
 * the whole name of the command, of which the library prints only the last word.
 */
export const tidyHelp = (help: string, path: string): string => {
  const lines = help
    .split("\n")
    .filter((line) => line.trim() !== "" && !noise.has(line.trim()))
    .slice(1)
  const commands = lines.flatMap((line) => {
    const { name, takes, text } = commandLine.exec(line)?.groups ?? {}
    return name === undefined ? [] : [{ line, text, name: name + (takes?.match(/ <\w+>/g)?.join("") ?? "") }]
  })
  const width = Math.max(...commands.map(({ name }) => name.length))
  return lines
    .map((line) => {
      const command = commands.find((command) => command.line === line)
      if (command) return `  ${command.name.padEnd(width)}  ${command.text}`
      if (line.startsWith("$ ")) return `  ${line.replace(/^\$ \S+/, path)}${commands.length > 0 ? " COMMAND" : ""}`
      return isHeading(line) ? `\n${line}` : line
    })
    .join("\n")
}

/**
 * Fixes the library's bash completions, which fail for a command with a hyphen in its name and for a nested command.
 */
export const mendCompletions = (script: string): string =>
  script
    .replaceAll(/cmd="([\w-]+)"$/gm, (_, cmd: string) => `cmd="${cmd.replaceAll("-", "__")}"`)
    .replaceAll(/^( {8}[\w-]+)\)$/gm, (label) => label.replaceAll("-", "__"))
    // The bash of macOS does not support this option.
    .replaceAll(" -o nosort", "")
    .replaceAll(
      /^(\s+\w+(?:,\w+)+),(\w+)\)$/gm,
      (_, parents: string, last: string) => `${parents.replaceAll(",", "__")},${last})`
    )

/** Makes a formatter for a stream: short help, fixed completions, and no colours unless the stream shows them. */
const fit = (stream: WriteStream, path: string, more: string, tools: ReadonlyArray<string>) => (value: unknown) => {
  if (typeof value !== "string") return value
  const text = stripVTControlCharacters(value)
  if (/^USAGE$/m.test(text)) return [tidyHelp(text, path), more].join("\n").trimEnd()
  if (text.includes("COMPREPLY")) return withTools(mendCompletions(text), tools)
  if (/^(?:#compdef|complete) /.test(text)) return withTools(text, tools)
  return stream.isTTY && stream.hasColors() ? escapeExceptColours(value) : escapeLines(text.replace(/\n+$/, ""))
}

/** A sequence that sets colours. */
const colours = new RegExp(`(${"\u001b"}\\[[\\d;]*m)`)

/** Escapes hidden characters, but not the sequences that set colours. */
const escapeExceptColours = (text: string): string =>
  text
    .split(colours)
    .map((part, index) => (index % 2 === 0 ? escapeLines(part) : part))
    .join("")

/**
 * Makes a console that reformats the command line library's output, with `more` below a command's help, and `tools` as
 * completions of the commands that take the name of a tool.
 */
export const Output = (
  streams: { readonly stdout: WriteStream; readonly stderr: WriteStream },
  path: string,
  more = "",
  tools: ReadonlyArray<string> = []
): Layer.Layer<never> =>
  Layer.unwrapEffect(
    Effect.consoleWith((console) =>
      Effect.succeed(
        Console.setConsole({
          ...console,
          log: (...values) => console.log(...values.map(fit(streams.stdout, path, more, tools))),
          error: (...values) => console.error(...values.map(fit(streams.stderr, path, more, tools)))
        })
      )
    )
  )
