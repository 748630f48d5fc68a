import { Effect, Either, Option, Predicate, Schema } from "effect"
import { isShallow } from "../../domain/wire/depth.ts"
import { LongNumber, parseWithLongNumbers } from "../../domain/wire/json.ts"
import type { Params } from "../../domain/endpoints/endpoints.ts"
import type { Fault } from "../../domain/orders/fault.ts"
import * as Issues from "./issues.ts"
import type { JsonSchema } from "./jsonSchema.ts"

/** Arguments that do not fit the tool. Nothing was sent to Kraken. */
export class InvalidArguments extends Schema.TaggedError<InvalidArguments>()("InvalidArguments", {
  tool: Schema.String,
  /** One line for each fault: `- orders.0.type: expected "buy" | "sell", got "by"`. */
  issues: Schema.String
}) {
  override get message() {
    return `Invalid arguments for ${this.tool}:\n${this.issues}`
  }
}

/** Makes the error of a call whose arguments have faults. */
export const invalid = (tool: string, faults: ReadonlyArray<Fault>) =>
  new InvalidArguments({ tool, issues: Issues.format(faults) })

/** Other names of arguments, and the names that they stand for. */
export interface Aliases {
  readonly [alias: string]: string
}

/**
 * Replaces aliases by the names that they stand for. An alias beside its name stays, and is then refused as unknown.
 * `nameOf` puts the name that was given back into a fault.
 */
const withoutAliases = (given: unknown, aliases: Aliases) => {
  const used = Predicate.isRecord(given)
    ? Object.entries(aliases).filter(([alias, name]) => alias in given && !(name in given))
    : []
  if (!Predicate.isRecord(given) || used.length === 0) return { input: given, nameOf: (fault: Fault) => fault }
  const names = new Map(used)
  const aliasOf = new Map(used.map(([alias, name]) => [name, alias]))
  return {
    input: Object.fromEntries(Object.entries(given).map(([name, value]) => [names.get(name) ?? name, value])),
    nameOf: ({ fault, path }: Fault) => ({ path: aliasOf.get(path) ?? path, fault })
  }
}

/** Makes the decoder of a tool's untrusted arguments. It reports all faults at once. */
export const decoder = <A, I, R>(
  tool: string,
  schema: Schema.Schema<A, I, R>,
  json: JsonSchema,
  { aliases = {}, refusesEmpty = false }: { readonly aliases?: Aliases; readonly refusesEmpty?: boolean } = {}
) => {
  const decode = Schema.decodeUnknown(schema, { errors: "all", onExcessProperty: "error" })
  const known = new Set([...Object.keys(json["properties"] ?? {}), ...Object.keys(aliases)])
  // A struct without fields accepts any value but null, with all its fields.
  const takesNothing = Object.keys(Object(json["properties"])).length === 0
  return Effect.fnUntraced(function* (args: unknown) {
    const own = withoutForeign(args ?? {}, known)
    yield* refuse(tool, sizeFaults(own, largeLists))
    if (refusesEmpty) yield* refuse(tool, emptyTexts(own))
    const given = liberal(own, json)
    // Lists that were given as text have been parsed, so their sizes are checked again.
    yield* refuse(tool, sizeFaults(given, largeLists))
    yield* refuse(tool, lostDigits(given))
    const { input, nameOf } = withoutAliases(given, aliases)
    if (takesNothing) yield* refuse(tool, surplusFaults(input))
    const decoded = yield* Effect.either(decode(input))
    const faults = Either.isLeft(decoded) ? Issues.faults(decoded.left).map(nameOf) : []
    // A field might have reported its length already.
    const long = sizeFaults(given, longTexts).filter(({ path }) => !faults.some((fault) => fault.path === path))
    return Either.isRight(decoded) && long.length === 0 ? decoded.right : yield* invalid(tool, [...faults, ...long])
  })
}

/** Refuses each argument of a tool that takes none. */
const surplusFaults = (given: unknown): ReadonlyArray<Fault> =>
  Predicate.isRecord(given)
    ? Object.keys(given).map((path) => ({ path, fault: "is unexpected: this tool takes no arguments" }))
    : [{ path: "", fault: "expected an object without fields: this tool takes no arguments" }]

const emptyTexts = (given: unknown): ReadonlyArray<Fault> =>
  Object.entries(Object(given)).flatMap(([path, value]) =>
    typeof value === "string" && value.trim() === "" ? [{ path, fault: "is empty: give a value or leave it out" }] : []
  )

const refuse = (tool: string, faults: ReadonlyArray<Fault>) =>
  faults.length > 0 ? Effect.fail(invalid(tool, faults)) : Effect.void

/**
 * Names that clients add to arguments for their own use: n8n its five, others `_meta`. No other unknown argument is
 * ignored.
 */
const foreign = new Set(["toolCallId", "sessionId", "action", "chatInput", "tool", "_meta"])

/** Removes the arguments of clients, unless the tool has such an argument. */
const withoutForeign = (args: unknown, known: ReadonlySet<string>): unknown => {
  const fields = fromJson(args, "{")
  return Predicate.isRecord(fields) && Object.keys(fields).some((name) => foreign.has(name))
    ? Object.fromEntries(Object.entries(fields).filter(([name]) => known.has(name) || !foreign.has(name)))
    : fields
}

/**
 * Lists the numbers that a double does not hold, at any depth. They have lost digits already, here or in the client, so
 * no field takes them, whatever it makes of other numbers.
 */
const lostDigits = (value: unknown, path = ""): ReadonlyArray<Fault> => {
  const read = value instanceof LongNumber ? value.digits : isLossy(value) ? String(value) : undefined
  if (read !== undefined)
    return [{ path, fault: `write it in quotes: as a JSON number it loses digits (${shortened(read)})` }]
  return typeof value === "object" && value !== null
    ? Object.entries(value).flatMap(([name, part]) => lostDigits(part, path === "" ? name : `${path}.${name}`))
    : []
}

const isLossy = (value: unknown) => typeof value === "number" && !(Math.abs(value) <= Number.MAX_SAFE_INTEGER)

const shortened = (digits: string) => (digits.length > 40 ? `${digits.slice(0, 40)}…` : digits)

/** The largest sizes in arguments. No call needs more, and a refusal of a longer list would be as long as the list. */
const most = { characters: 1000, items: 1000, fields: 100 }

type Measure = keyof typeof most
const largeLists: ReadonlyArray<Measure> = ["items", "fields"]
const longTexts: ReadonlyArray<Measure> = ["characters"]

/** Lists the parts of a value that exceed one of the given measures. */
const sizeFaults = (value: unknown, measures: ReadonlyArray<Measure>, path = ""): ReadonlyArray<Fault> => {
  const [measure, size] = measured(value)
  if (measures.includes(measure) && size > most[measure])
    return [{ path, fault: `has ${size} ${measure}; at most ${most[measure]} are accepted` }]
  return measure === "characters"
    ? []
    : Object.entries(Object(value)).flatMap(([name, part]) =>
        sizeFaults(part, measures, path === "" ? name : `${path}.${name}`)
      )
}

const measured = (value: unknown): readonly [Measure, number] => {
  if (Array.isArray(value)) return ["items", value.length]
  if (Predicate.isRecord(value)) return ["fields", Object.keys(value).length]
  return ["characters", typeof value === "string" ? value.length : 0]
}

/** The parts of a JSON Schema by which arguments are interpreted. */
interface Shape {
  readonly type?: unknown
  readonly enum?: ReadonlyArray<unknown>
  readonly properties?: { readonly [name: string]: Shape }
  readonly items?: Shape
}

/**
 * Interprets arguments liberally: removes fields that are null or an empty text, and parses lists, objects, whole
 * numbers and booleans that were given as text. A JSON number stands for the choice that it spells. JSON numbers do not
 * become decimals, since a float might have changed them.
 */
const liberal = (value: unknown, shape: Shape): unknown => {
  switch (shape.type) {
    case "object": {
      const fields = fromJson(value, "{")
      return Predicate.isRecord(fields)
        ? Object.fromEntries(
            Object.entries(fields)
              .filter(([, field]) => field !== null && field !== "")
              .map(([name, field]) => [name, liberal(field, shape.properties?.[name] ?? {})])
          )
        : fields
    }
    case "array": {
      const items = asList(value)
      return Array.isArray(items) ? items.map((item) => liberal(item, shape.items ?? {})) : items
    }
    case "boolean":
      return value === "true" ? true : value === "false" ? false : value
    case "integer":
    case "number":
      return typeof value === "string" && /^-?\d{1,15}$/.test(value) ? Number(value) : value
    case "string":
      return typeof value === "number" && shape.enum?.includes(String(value)) ? String(value) : value
    default:
      return value
  }
}

const parseJson = (text: string): Either.Either<unknown, unknown> => Either.try(() => parseWithLongNumbers(text))

const fromJson = (value: unknown, opening: "{" | "["): unknown =>
  typeof value === "string" && value.trimStart().startsWith(opening)
    ? Option.getOrElse(shallow(value), () => value)
    : value

const shallow = (text: string): Option.Option<unknown> =>
  Option.filter(Either.getRight(parseJson(text)), (value) => isShallow(text, value))

/** Parses the texts `["a","b"]` and `a,b` as a list. Other values are returned unchanged for the schema to check. */
const asList = (value: unknown): unknown => {
  const list = fromJson(value, "[")
  return typeof list === "string" && !list.trimStart().startsWith("[")
    ? list.split(",").map((item) => item.trim())
    : list
}

/** Removes empty texts and lists, which Kraken would refuse as invalid. */
export const withoutEmpty = (params: Params): Params =>
  Object.fromEntries(
    Object.entries(params).filter(([, value]) => value !== "" && !(Array.isArray(value) && value.length === 0))
  )

/** Removes a boolean that is false. Kraken has been seen to treat the presence of the field as true. */
export const withoutOff = (params: Params, field: string): Params =>
  Object.fromEntries(Object.entries(params).filter(([name, value]) => !(name === field && value === false)))

/** Joins lists of plain values to one text, `XBTUSD,ETHUSD`, as Kraken expects them. */
export const commaLists = (params: Params): Params =>
  Object.fromEntries(
    Object.entries(params).map(([name, value]) => [name, Option.getOrElse(commaList(value), () => value)])
  )

const commaList = (value: unknown): Option.Option<string> =>
  Array.isArray(value) && value.every((item) => typeof item !== "object") ? Option.some(value.join(",")) : Option.none()
