import { Console, Effect, Layer } from "effect"
import type { WriteStream } from "node:tty"
import { stripVTControlCharacters } from "node:util"

/** What the command line library says of every option, whatever it is. */
const noise = new Set([
  "A user-defined piece of text.",
  "A true or false value.",
  "An integer.",
  "This setting is optional."
])

const isHeading = (line: string): boolean => /^[A-Z]+$/.test(line)

/** A command in a list of commands: its name, what it takes, what it does. */
const commandLine = /^\s*- (?<name>[a-z]+(?: [a-z]+)*)(?<takes>(?: [[(<].*?)?)\s{2,}(?<text>\S.*)$/

/**
 * Makes the library's help short: one line a command, no blank lines but before headings, nothing twice. `path` is the
 * command that it is about, which the library tells by its last word alone.
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

/** The library's script for bash goes wrong where a command's name holds a hyphen, or is nested. */
export const mendCompletions = (script: string): string =>
  script
    .replaceAll(/cmd="([\w-]+)"$/gm, (_, cmd: string) => `cmd="${cmd.replaceAll("-", "__")}"`)
    .replaceAll(/^( {8}[\w-]+)\)$/gm, (label) => label.replaceAll("-", "__"))
    // The bash of macOS does not know it.
    .replaceAll(" -o nosort", "")
    .replaceAll(
      /^(\s+\w+(?:,\w+)+),(\w+)\)$/gm,
      (_, parents: string, last: string) => `${parents.replaceAll(",", "__")},${last})`
    )

/** What a stream may get: colours only where somebody sees them. */
const fit = (stream: WriteStream, path: string, more: string) => (value: unknown) => {
  if (typeof value !== "string") return value
  const text = stripVTControlCharacters(value)
  if (/^USAGE$/m.test(text)) return [tidyHelp(text, path), more].join("\n").trimEnd()
  if (text.includes("COMPREPLY")) return mendCompletions(text)
  return stream.isTTY && stream.hasColors() ? value : text.replace(/\n+$/, "")
}

/** A console that prints what the command line library has to say in our manner, and `more` below a command's help. */
export const Output = (
  streams: { readonly stdout: WriteStream; readonly stderr: WriteStream },
  path: string,
  more = ""
): Layer.Layer<never> =>
  Layer.unwrapEffect(
    Effect.consoleWith((console) =>
      Effect.succeed(
        Console.setConsole({
          ...console,
          log: (...values) => console.log(...values.map(fit(streams.stdout, path, more))),
          error: (...values) => console.error(...values.map(fit(streams.stderr, path, more)))
        })
      )
    )
  )
