import { closeSync, openSync, readSync, statSync, type Stats } from "node:fs"
import { platform } from "node:process"
import { readLines, type RefusedLine } from "./dotenvText.ts"
import { expandHome } from "./homeFolder.ts"
import { normalize, type Source } from "./sources.ts"

/** The contents of a file of settings. */
export interface DotenvFile {
  /** The name of the file in messages. Undefined if no file was to be read. */
  readonly name: string | undefined
  readonly source: Source
  /** Lines that are not understood. `set MCP_KRAKEN_READ_ONLY=true` must not be ignored. */
  readonly refused: ReadonlyArray<RefusedLine>
  /** True if other users of this machine can read the file. */
  readonly isReadableByOthers: boolean
  readonly problems: ReadonlyArray<string>
}

export const noDotenv: DotenvFile = {
  name: undefined,
  source: new Map(),
  refused: [],
  isReadableByOthers: false,
  problems: []
}

/**
 * Reads the settings in `.env` of the working directory, without substitution. A missing file is not an error. Anything
 * of that name that is not a file is an error: a folder holds no settings, and a pipe might never end.
 */
export const readDotenv = (file = ".env"): DotenvFile => {
  try {
    const stats = statSync(file)
    return stats.isFile() ? decoded(file, ".env", stats) : failed(".env", `expected a file, found ${kindOf(stats)}`)
  } catch (error) {
    return Object(error).code === "ENOENT" ? { ...noDotenv, name: ".env" } : failed(".env", unreadable(error))
  }
}

/** Files that are no regular ones, by their names: a pipe can be read only once, and some commands read in several steps. */
const readOnce = new Map<string, DotenvFile>()

/** Reads the settings in a file that the user named, which must exist. It can be a pipe, as of `<(op inject)`. */
export const readNamed = (file: string): DotenvFile => {
  try {
    const path = expandHome(file) ?? file
    const stats = statSync(path)
    const found = (stats.isFile() ? undefined : readOnce.get(path)) ?? decoded(path, file, stats)
    if (!stats.isFile()) readOnce.set(path, found)
    return found
  } catch (error) {
    return failed(file, unreadable(error))
  }
}

const failed = (name: string, problem: string): DotenvFile => ({ ...noDotenv, name, problems: [`${name}: ${problem}`] })

const unreadable = (error: unknown): string => `can't be read (${String(Object(error).code ?? error)})`

const kindOf = (stats: Stats): string =>
  stats.isDirectory() ? "a folder" : stats.isFIFO() ? "a pipe" : stats.isSocket() ? "a socket" : "a device"

/** The most characters of a file of settings. Reading a larger one might take long. */
const longest = 65_536

const decoded = (file: string, name: string, stats: Stats): DotenvFile => {
  const text = textOf(readBytes(file, 4 * longest + 1))
  if (text === undefined) {
    return failed(name, "expected text in UTF-8, or in UTF-16 with a byte order mark; save the file as UTF-8")
  }
  // Windows keeps access in lists that this mode does not show.
  const isReadableByOthers = stats.isFile() && platform !== "win32" && (stats.mode & 0o044) !== 0
  return { ...parseDotenv(text, name), isReadableByOthers }
}

/** Reads a file up to a limit, since a device or a pipe might have no end. */
const readBytes = (file: string, most: number): Buffer => {
  const descriptor = openSync(file, "r")
  try {
    const buffer = Buffer.alloc(most)
    let length = 0
    for (;;) {
      const read = readSync(descriptor, buffer, length, most - length, null)
      length += read
      if (read === 0 || length === most) return buffer.subarray(0, length)
    }
  } finally {
    closeSync(descriptor)
  }
}

/** Decodes UTF-8, or UTF-16 by its byte order mark, as PowerShell's `>` writes it. Undefined for other encodings. */
const textOf = (bytes: Buffer): string | undefined => {
  const mark = bytes.subarray(0, 2).toString("hex")
  const encoding = mark === "fffe" ? "utf-16le" : mark === "feff" ? "utf-16be" : "utf-8"
  // A character of UTF-8 that the limit cuts in two is not a fault: the text is too long in any case.
  const whole = bytes.length > 4 * longest
  try {
    const text = new TextDecoder(encoding, { fatal: true }).decode(bytes, { stream: whole })
    return text.includes("\0") ? undefined : text
  } catch {
    return undefined
  }
}

/** Reads the settings in a text. `name` is the name of the file in messages. */
export const parseDotenv = (text: string, name = ".env"): DotenvFile => {
  if (text.length > longest) {
    return failed(name, `has more than ${longest} characters, the most of a settings file`)
  }
  const { refused, variables } = readLines(text.replace(/^\uFEFF/, ""))
  return { ...noDotenv, name, source: normalize(variables), refused }
}
