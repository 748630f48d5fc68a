import { Effect, Either, Option, Predicate, Schema } from "effect"
import { isShallow } from "../../domain/wire/depth.ts"
import type { Params } from "../../domain/endpoints/endpoints.ts"
import type { Fault } from "../../domain/orders/fault.ts"
import * as Issues from "./issues.ts"
import type { JsonSchema } from "./jsonSchema.ts"

/** The model sent arguments that do not fit the tool. Nothing was sent to Kraken. */
export class InvalidArguments extends Schema.TaggedError<InvalidArguments>()("InvalidArguments", {
  tool: Schema.String,
  /** One line a fault: `- orders.0.type: expected "buy" | "sell", got "by"`. */
  issues: Schema.String
}) {
  override get message() {
    return `Invalid arguments for ${this.tool}:\n${this.issues}`
  }
}

/** Nothing is sent of a call that has faults. */
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
  const used = isRecord(given)
    ? Object.entries(aliases).filter(([alias, name]) => alias in given && !(name in given))
    : []
  if (!isRecord(given) || used.length === 0) return { input: given, nameOf: (fault: Fault) => fault }
  const names = new Map(used)
  const aliasOf = new Map(used.map(([alias, name]) => [name, alias]))
  return {
    input: Object.fromEntries(Object.entries(given).map(([name, value]) => [names.get(name) ?? name, value])),
    nameOf: ({ fault, path }: Fault) => ({ path: aliasOf.get(path) ?? path, fault })
  }
}

/** From untrusted arguments to the tool's input, with every fault named at once. */
export const decoder = <A, I, R>(
  tool: string,
  schema: Schema.Schema<A, I, R>,
  json: JsonSchema,
  aliases: Aliases = {}
) => {
  const decode = Schema.decodeUnknown(schema, { errors: "all", onExcessProperty: "error" })
  return Effect.fnUntraced(function* (args: unknown) {
    yield* refuse(tool, sizeFaults(args, crowds))
    const given = liberal(args ?? {}, json)
    // Again, for lists that came as text.
    yield* refuse(tool, sizeFaults(given, crowds))
    const { input, nameOf } = withoutAliases(given, aliases)
    const decoded = yield* Effect.either(decode(input))
    const faults = Either.isLeft(decoded) ? Issues.faults(decoded.left).map(nameOf) : []
    // A field may have said it in words of its own.
    const long = sizeFaults(given, texts).filter(({ path }) => !faults.some((fault) => fault.path === path))
    return Either.isRight(decoded) && long.length === 0 ? decoded.right : yield* invalid(tool, [...faults, ...long])
  })
}

const refuse = (tool: string, faults: ReadonlyArray<Fault>) =>
  faults.length > 0 ? Effect.fail(invalid(tool, faults)) : Effect.void

/** The most of anything in arguments: no call needs more, and what is refused is told item by item. */
const most = { characters: 1000, items: 1000, fields: 100 }

type Measure = keyof typeof most
const crowds: ReadonlyArray<Measure> = ["items", "fields"]
const texts: ReadonlyArray<Measure> = ["characters"]

/** The parts of a value that are larger than arguments may be, by one of these measures. */
const sizeFaults = (value: unknown, measures: ReadonlyArray<Measure>, path = ""): ReadonlyArray<Fault> => {
  const [measure, size] = measured(value)
  if (measures.includes(measure) && size > most[measure])
    return [{ path, fault: `has ${size} ${measure}; at most ${most[measure]} are taken` }]
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

/** The parts of a JSON Schema that tell what a client meant. */
interface Shape {
  readonly type?: unknown
  readonly properties?: { readonly [name: string]: Shape }
  readonly items?: Shape
}

/**
 * What clients send for what they mean: `null` or an empty text for a field they leave out; lists, objects, whole
 * numbers and booleans as text. Decimals are not among them: a number there has already been through a float.
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
    default:
      return value
  }
}

const parseJson = Schema.decodeUnknownEither(Schema.parseJson())

const fromJson = (value: unknown, opening: "{" | "["): unknown =>
  typeof value === "string" && value.trimStart().startsWith(opening)
    ? Option.getOrElse(shallow(value), () => value)
    : value

const shallow = (text: string): Option.Option<unknown> =>
  Option.filter(Either.getRight(parseJson(text)), (value) => isShallow(text, value))

/** `["a","b"]` and `a,b` as text become a list; anything else is left for the schema to judge. */
const asList = (value: unknown): unknown => {
  const list = fromJson(value, "[")
  return typeof list === "string" && !list.trimStart().startsWith("[")
    ? list.split(",").map((item) => item.trim())
    : list
}

/** What would be refused as an invalid argument rather than be taken as left out. */
export const withoutEmpty = (params: Params): Params =>
  Object.fromEntries(
    Object.entries(params).filter(([, value]) => value !== "" && !(Array.isArray(value) && value.length === 0))
  )

/** A switch that is off is not sent: Kraken has been seen to take its mere presence for on. */
export const withoutOff = (params: Params, field: string): Params =>
  Object.fromEntries(Object.entries(params).filter(([name, value]) => !(name === field && value === false)))

/** Kraken takes lists of plain values as one text, `XBTUSD,ETHUSD`. */
export const commaLists = (params: Params): Params =>
  Object.fromEntries(
    Object.entries(params).map(([name, value]) => [name, Option.getOrElse(commaList(value), () => value)])
  )

const commaList = (value: unknown): Option.Option<string> =>
  Array.isArray(value) && value.every((item) => typeof item !== "object") ? Option.some(value.join(",")) : Option.none()
