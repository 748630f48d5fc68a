import { Either } from "effect"
import { findNodeAtLocation, type Node, parse, type ParseError, parseTree, printParseErrorCode } from "jsonc-parser"
import { isDeepStrictEqual } from "node:util"
import type { Entry } from "./clients.ts"
import { type At, type Format, type Merged, reachesTheSame, type Unmergeable } from "./merge.ts"

const options = { allowTrailingComma: true, disallowComments: false }

/** A configuration whose text was understood. */
interface Read {
  readonly text: string
  readonly root: Node
  readonly value: Readonly<Record<string, unknown>>
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** Parses a configuration. An empty file is an empty configuration. */
const readText = (given: string): Either.Either<Read, Unmergeable> => {
  const text = given.trim() === "" ? "{}\n" : given
  const errors: Array<ParseError> = []
  const value: unknown = parse(text, errors, options)
  const root = parseTree(text, [], options)
  const [error] = errors
  if (error !== undefined) {
    const line = text.slice(0, error.offset).split("\n").length
    return Either.left({ reason: `is no JSON: ${printParseErrorCode(error.error)} in line ${line}` })
  }
  return root === undefined || !isObject(value)
    ? Either.left({ reason: "holds no JSON object" })
    : Either.right({ text, root, value })
}

/** Returns the servers of a configuration. */
const serversIn = ({ value }: Read, key: string): Either.Either<Readonly<Record<string, unknown>>, Unmergeable> => {
  const servers = value[key] ?? {}
  return isObject(servers) ? Either.right(servers) : Either.left({ reason: `has no object under ${key}` })
}

/** The indentation of one level, and the end of a line, as the text has them. */
const styleOf = (text: string) => ({
  unit: /\n([ \t]+)\S/.exec(text)?.[1] ?? "  ",
  eol: text.includes("\r\n") ? "\r\n" : "\n"
})

/** Prints a value as it stands at some level of the text. */
const print = (value: unknown, text: string, level: number): string => {
  const { eol, unit } = styleOf(text)
  return JSON.stringify(value, undefined, unit).replaceAll("\n", eol + unit.repeat(level))
}

/** Inserts a property at the beginning of an object, so that commas and comments of the others stay where they are. */
const insert = (text: string, object: Node, level: number, name: string, value: unknown): string => {
  const { eol, unit } = styleOf(text)
  const start = object.offset + 1
  const property = `${eol}${unit.repeat(level)}${JSON.stringify(name)}: ${print(value, text, level)}`
  const rest = text.slice(start)
  const isEmpty = (object.children ?? []).length === 0
  const body = text.slice(start, object.offset + object.length - 1)
  const closing = isEmpty && !body.includes("\n") ? eol + unit.repeat(level - 1) : ""
  const between = !isEmpty && !/^[ \t]*(?:\r?\n|\/[/*])/.test(rest) ? eol + unit.repeat(level) : ""
  return text.slice(0, start) + property + (isEmpty ? closing : `,${between}`) + rest
}

const replace = (text: string, { length, offset }: Node, value: unknown, level: number): string =>
  text.slice(0, offset) + print(value, text, level) + text.slice(offset + length)

const put = ({ root, text }: Read, { key, name }: At, entry: Entry): string => {
  const own = findNodeAtLocation(root, [key, name])
  if (own !== undefined) return replace(text, own, entry, 2)
  const servers = findNodeAtLocation(root, [key])
  if (servers === undefined) return insert(text, root, 1, key, { [name]: entry })
  return servers.type === "object"
    ? insert(text, servers, 2, name, entry)
    : replace(text, servers, { [name]: entry }, 1)
}

/** JSON with comments and trailing commas, as editors keep it. */
export const json: Format = {
  read: (text, { key, name }) =>
    Either.flatMap(readText(text), (read) => Either.map(serversIn(read, key), (servers) => servers[name])),
  merge: (text, at, entry) =>
    Either.gen(function* () {
      const read = yield* readText(text)
      const servers = yield* serversIn(read, at.key)
      if (reachesTheSame(servers[at.name], entry)) return { _tag: "Unchanged" } satisfies Merged
      const changed = put(read, at, entry)
      const expected = { ...read.value, [at.key]: { ...servers, [at.name]: entry } }
      // A name that is there twice, for example: parsers take the last one.
      if (!isDeepStrictEqual(parse(changed, [], options), expected))
        return yield* Either.left({ reason: "can't be changed without changing other parts of it" })
      return { _tag: "Changed", text: changed, replaced: at.name in servers } satisfies Merged
    })
}
