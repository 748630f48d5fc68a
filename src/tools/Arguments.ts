import { Effect, Either, Option, Schema } from "effect"
import type { Params } from "../domain/endpoints.ts"
import * as Issues from "./Issues.ts"
import type { JsonSchema } from "./JsonSchema.ts"

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

/** A fault that no schema can state: which field, and what would be right. */
export interface Fault {
  /** `price`, `orders.0.price`. */
  readonly path: string
  readonly fault: string
}

export const invalid = (tool: string, faults: ReadonlyArray<Fault>) =>
  new InvalidArguments({ tool, issues: faults.map(({ fault, path }) => Issues.line(path, fault)).join("\n") })

/** From untrusted arguments to the tool's input, with every fault named at once. */
export const decoder = <A, I, R>(tool: string, schema: Schema.Schema<A, I, R>, json: JsonSchema) => {
  const decode = Schema.decodeUnknown(schema, { errors: "all", onExcessProperty: "error" })
  return (args: unknown) =>
    Effect.mapError(
      decode(liberal(args, json)),
      (error) => new InvalidArguments({ tool, issues: Issues.format(error) })
    )
}

/** Clients send `null` for what they leave out, and lists as text; both are understood. */
const liberal = (args: unknown, schema: JsonSchema): unknown => {
  if (args === undefined || args === null) return {}
  if (typeof args !== "object" || Array.isArray(args)) return args
  const properties = schema["properties"] as Record<string, { readonly type?: unknown }> | undefined
  return Object.fromEntries(
    Object.entries(args)
      .filter(([, value]) => value !== null)
      .map(([name, value]) => [name, properties?.[name]?.type === "array" ? asList(value) : value])
  )
}

const parseJson = Schema.decodeUnknownEither(Schema.parseJson())

/** `["a","b"]` and `a,b` as text become a list; anything else is left for the schema to judge. */
const asList = (value: unknown): unknown => {
  if (typeof value !== "string") return value
  const text = value.trim()
  if (text.startsWith("[")) return Either.getOrElse(parseJson(text), () => value)
  return text === "" ? [] : text.split(",").map((item) => item.trim())
}

/** Kraken takes lists of plain values as one text, `XBTUSD,ETHUSD`; an empty list is left out. */
export const commaLists = (params: Params): Params =>
  Object.fromEntries(
    Object.entries(params)
      .filter(([, value]) => !(Array.isArray(value) && value.length === 0))
      .map(([name, value]) => [name, Option.getOrElse(commaList(value), () => value)])
  )

const commaList = (value: unknown): Option.Option<string> =>
  Array.isArray(value) && value.every((item) => typeof item !== "object") ? Option.some(value.join(",")) : Option.none()
