import { Either, Predicate } from "effect"
import { isDeepStrictEqual } from "node:util"
import { parse, stringify, type TomlTable } from "smol-toml"
import type { Entry } from "./clients.ts"
import { type At, type Format, type Merged, reachesTheSame, type Unmergeable } from "./merge.ts"

const readText = (text: string): Either.Either<TomlTable, Unmergeable> =>
  Either.try({
    try: () => parse(text),
    catch: (error) => ({
      // The rest of the message quotes the file, which might hold secrets.
      reason: `is no TOML: ${String(Object(error).message).split("\n", 1)[0]?.replace("Invalid TOML document: ", "")}`
    })
  })

/** Returns the servers of a configuration. */
const serversIn = (value: TomlTable, key: string): Either.Either<TomlTable, Unmergeable> => {
  const servers = value[key] ?? {}
  return isTable(servers) ? Either.right(servers) : Either.left({ reason: `has no table ${key}` })
}

const isTable = (value: TomlTable[string]): value is TomlTable => Predicate.isRecord(value) && !(value instanceof Date)

/** Removes the table of a server and the tables in it, with their headers. Comments before the next table stay. */
const withoutServer = (text: string, { key, name }: At): string => {
  const own = new RegExp(`^\\s*\\[\\s*${key}\\s*\\.\\s*(?:"${name}"|'${name}'|${name})\\s*[.\\]]`)
  const kept: Array<string> = []
  /** Blank lines and comments in the table, which belong to the next one if one follows. */
  let held: Array<string> = []
  let isOwn = false
  for (const line of text.split("\n")) {
    if (/^\s*\[/.test(line)) isOwn = own.test(line)
    if (!isOwn) {
      kept.push(...held, line)
      held = []
    } else if (/^\s*(?:#.*)?\r?$/.test(line)) held.push(line)
    else held = []
  }
  return [...kept, ...held].join("\n")
}

/** Adds the table of a server at the end. */
const append = (text: string, { key, name }: At, entry: Entry): string => {
  const eol = text.includes("\r\n") ? "\r\n" : "\n"
  const table = stringify({ [key]: { [name]: entry } }).trim()
  const before = text.trimEnd()
  return `${before === "" ? "" : before + eol + eol}${table.replaceAll("\n", eol)}${eol}`
}

/** TOML. Tables are added and removed as text, so that comments and the order of everything else stay. */
export const toml: Format = {
  read: (text, { key, name }) =>
    Either.flatMap(readText(text), (value) => Either.map(serversIn(value, key), (servers) => servers[name])),
  merge: (text, at, entry) =>
    Either.gen(function* () {
      const value = yield* readText(text)
      const servers = yield* serversIn(value, at.key)
      if (reachesTheSame(servers[at.name], entry)) return { _tag: "Unchanged" } satisfies Merged
      const replaced = at.name in servers
      const changed = append(replaced ? withoutServer(text, at) : text, at, entry)
      const expected = { ...value, [at.key]: { ...servers, [at.name]: entry } }
      const result = Either.getOrUndefined(readText(changed))
      // A server in an inline table, for example, or a text of several lines that looks like a table.
      if (!isDeepStrictEqual(plain(result), plain(expected)))
        return yield* Either.left({ reason: "can't be changed without changing other parts of it" })
      return { _tag: "Changed", text: changed, replaced } satisfies Merged
    })
}

/** Leaves out the prototypes of the parser's tables. */
const plain = (value: unknown): unknown =>
  value === undefined ? undefined : JSON.parse(JSON.stringify(value, undefined))
