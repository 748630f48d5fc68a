import { Effect, Either, Option, Predicate, Schema } from "effect"
import { LongNumber } from "../../domain/wire/json.ts"
import type { Params } from "../../domain/endpoints/endpoints.ts"
import type { Fault } from "../../domain/orders/fault.ts"
import * as Issues from "./issues.ts"
import type { JsonSchema } from "./jsonSchema.ts"
import type { Aliases } from "./otherNames.ts"
import { argumentsOf, understand } from "./understanding.ts"

export type { Aliases }

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
  return (args: unknown): Effect.Effect<A, InvalidArguments, R> =>
    Effect.suspend(() => {
      const own = withoutForeign(args ?? {}, known)
      const unfit =
        any(sizeFaults(own, largeLists)) ?? any(lostDigits(own)) ?? any(refusesEmpty ? emptyFields(own) : [])
      if (unfit !== undefined) return invalid(tool, unfit)
      const { asGiven, faults: misnamed, input } = understand(own, json, aliases)
      // Lists that were given as text have been parsed, so their sizes are checked again.
      const stillUnfit = any(sizeFaults(input, largeLists)) ?? any(lostDigits(input))
      if (stillUnfit !== undefined) return invalid(tool, stillUnfit.map(asGiven))
      if (takesNothing && !Predicate.isRecord(input)) return invalid(tool, [surplus])
      return Effect.flatMap(Effect.either(decode(input)), (decoded) => {
        const faults = [...misnamed, ...(Either.isLeft(decoded) ? Issues.faults(decoded.left).map(asGiven) : [])]
        // A field might have reported its length already.
        const long = sizeFaults(input, longTexts)
          .map(asGiven)
          .filter(({ path }) => !faults.some((fault) => fault.path === path))
        return Either.isRight(decoded) && faults.length + long.length === 0
          ? Effect.succeed(decoded.right)
          : invalid(tool, [...faults, ...long])
      })
    })
}

/** Returns faults if there are any. */
const any = (faults: ReadonlyArray<Fault>): ReadonlyArray<Fault> | undefined => (faults.length > 0 ? faults : undefined)

/** The fault of arguments that are no object, for a tool that takes none. */
const surplus: Fault = { path: "", fault: "expected an object without fields: this tool takes no arguments" }

const emptyFields = (given: unknown): ReadonlyArray<Fault> =>
  Object.entries(Object(given)).flatMap(([path, value]) =>
    value === null || (typeof value === "string" && value.trim() === "")
      ? [{ path, fault: "is empty: give a value or leave it out" }]
      : []
  )

/**
 * Names that clients add to arguments for their own use: n8n its five, others `_meta`. No other unknown argument is
 * ignored.
 */
const foreign = new Set(["toolCallId", "sessionId", "action", "chatInput", "tool", "_meta"])

/** Checks that an argument is a client's. An `action` that is the side of an order is the caller's. */
const isForeign = ([name, value]: readonly [name: string, value: unknown]) =>
  foreign.has(name) && !(name === "action" && /^(buy|sell)$/i.test(String(value)))

/** Removes the arguments of clients, unless the tool has such an argument. */
const withoutForeign = (args: unknown, known: ReadonlySet<string>): unknown => {
  const fields = argumentsOf(args)
  return Predicate.isRecord(fields) && Object.entries(fields).some(isForeign)
    ? Object.fromEntries(Object.entries(fields).filter((field) => known.has(field[0]) || !isForeign(field)))
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
