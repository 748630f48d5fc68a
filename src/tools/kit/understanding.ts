import { Either, Option, Predicate, Record } from "effect"
import { format, parse } from "../../domain/numbers/decimal.ts"
import { isDecimal } from "../../domain/numbers/numberText.ts"
import { isShallow } from "../../domain/wire/depth.ts"
import { parseWithLongNumbers } from "../../domain/wire/json.ts"
import type { Fault } from "../../domain/orders/fault.ts"
import { isMarked } from "./jsonSchema.ts"
import { type Aliases, fold, type Given, type Meaning, namesFor, nearest } from "./otherNames.ts"

/** The parts of a JSON Schema by which arguments are understood. */
interface Shape {
  readonly type?: unknown
  readonly enum?: ReadonlyArray<unknown>
  readonly properties?: { readonly [name: string]: Shape }
  /** The shape of all values of an object whose names are free. */
  readonly additionalProperties?: Shape | boolean
  readonly items?: Shape
}

/** Arguments under their own names. */
export interface Understood {
  readonly input: unknown
  readonly faults: ReadonlyArray<Fault>
  /** Puts the name that the caller gave into a fault. */
  readonly asGiven: (fault: Fault) => Fault
}

/** Unknown names of the objects of one shape. */
interface Unknown {
  readonly name: string
  /** The path of the first object that has it. */
  readonly path: string
}

/**
 * Interprets arguments liberally. Other names stand for their argument, lists, objects, whole numbers and booleans can be
 * text, a list of one value can stand for the value, choices can have any case, and a JSON number is a decimal if it has
 * kept its digits. Fields that are null or an empty text are removed.
 *
 * Reports unknown names, and two names of one argument with different values, so that no value is ignored.
 */
export const understand = (given: unknown, schema: object, aliases: Aliases): Understood => {
  const own = new Map(Object.entries(aliases).map(([name, meaning]) => [fold(name), meaning]))
  const faults: Array<Fault> = []
  const unknown = new Map<Shape, Array<Unknown>>()
  const names = new Map<string, string>()
  const outer: Shape = schema

  const readValue = (value: unknown, shape: Shape, path: string): unknown => {
    switch (shape.type) {
      case "object": {
        const fields = fromJson(value, "{")
        const { additionalProperties: each } = shape
        if (Predicate.isRecord(fields) && typeof each === "object")
          return Record.map(fields, (part, name) => readValue(part, each, at(path, name)))
        return Predicate.isRecord(fields) && shape.properties !== undefined ? readFields(fields, shape, path) : fields
      }
      case "array": {
        const items = asList(value)
        const { items: item = {} } = shape
        return Array.isArray(items) ? items.map((part, i) => readValue(part, item, at(path, String(i)))) : items
      }
      default:
        return readPlain(onlyItem(value), shape)
    }
  }

  const readFields = (fields: { readonly [name: string]: unknown }, shape: Shape, path: string) => {
    const present = Object.entries(fields).filter(([, value]) => (value ?? "") !== "")
    const all: Given = new Map(present.map(([name, value]) => [fold(name), value]))
    const { properties = {} } = shape
    const known = Object.keys(properties)
    const read: Record<string, unknown> = {}
    const sources = new Map<string, string>()
    const set = (field: string, value: unknown, source: string) => {
      const first = sources.get(field)
      if (first === undefined) {
        read[field] = value
        sources.set(field, source)
        if (source !== field) names.set(at(path, field), at(path, source))
      } else if (!isSame(read[field], value, properties[field])) {
        const fault = `means ${field}, and ${first} has another value: give only ${field}`
        faults.push({ path: at(path, source), fault })
      }
    }
    const additions: Array<readonly [name: string, value: unknown]> = []
    const meant = present.map(([name, value]) => ({ name, value, meaning: meaningOf(name, value, known, all) }))
    // Own names come first, so that a fault names the other one.
    for (const { meaning, name, value } of meant.toSorted((a, b) => otherwise(a) - otherwise(b))) {
      if (meaning === undefined) unknown.set(shape, [...(unknown.get(shape) ?? []), { name, path }])
      else if ("fault" in meaning) faults.push({ path: at(path, name), fault: meaning.fault })
      else if ("prefix" in meaning) {
        const parts = fromJson(value, "{")
        const inner = partOf(properties, meaning.prefix)
        if (!Predicate.isRecord(parts))
          faults.push({ path: at(path, name), fault: `must be an object with ${Object.keys(inner).join(", ")}` })
        else
          for (const [field, part] of Object.entries(readFields(parts, { properties: inner }, at(path, name))))
            set(meaning.prefix + field, part, `${name}.${field}`)
      } else {
        const part = readValue(meaning.value, properties[meaning.name] ?? {}, at(path, meaning.name))
        if (meaning.isAdded === true) additions.push([meaning.name, part])
        else set(meaning.name, part, name)
      }
    }
    for (const [field, value] of additions) {
      const items = new Set([read[field] ?? [], value].flat())
      if (items.size > 0) read[field] = [...items]
    }
    return read
  }

  const meaningOf = (name: string, value: unknown, known: ReadonlyArray<string>, all: Given): Meaning | undefined => {
    const special = own.get(fold(name))
    const meaning = typeof special === "function" ? special(value, all) : undefined
    if (meaning !== undefined && appliesTo(meaning, known)) return meaning
    if (known.includes(name)) return { name, value }
    if (typeof special === "string" && known.includes(special)) return { name: special, value }
    const [found, ...others] = namesFor(name, known)
    if (found === undefined) return undefined
    return others.length === 0
      ? { name: found, value }
      : { fault: `could mean ${[found, ...others].join(" or ")}: use one of these names` }
  }

  const input = readValue(given, outer, "")
  return {
    input,
    faults: [...faults, ...Array.from(unknown).flatMap(([shape, list]) => unknownFaults(shape, list, outer))],
    asGiven: ({ fault, path }) => {
      const renamed = Array.from(names).find(([name]) => path === name || path.startsWith(`${name}.`))
      return { path: renamed === undefined ? path : renamed[1] + path.slice(renamed[0].length), fault }
    }
  }
}

/** Returns 0 for an argument under its own name, 1 under another one. */
const otherwise = ({ meaning, name }: { readonly name: string; readonly meaning: Meaning | undefined }) =>
  meaning !== undefined && "name" in meaning && meaning.name === name ? 0 : 1

/** Checks that a shape has the arguments for which another name stands. */
const appliesTo = (meaning: Meaning, known: ReadonlyArray<string>): boolean => {
  if ("fault" in meaning) return true
  return "prefix" in meaning ? known.some((name) => name.startsWith(meaning.prefix)) : known.includes(meaning.name)
}

/** Selects the properties with a prefix, and removes it from their names. */
const partOf = (properties: NonNullable<Shape["properties"]>, prefix: string): NonNullable<Shape["properties"]> =>
  Object.fromEntries(
    Object.entries(properties).flatMap(([name, field]) =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), field]] : []
    )
  )

const at = (path: string, name: string) => (path === "" ? name : `${path}.${name}`)

/** Names each unknown argument once, with the nearest name. The last of them lists the names that there are. */
const unknownFaults = (shape: Shape, list: ReadonlyArray<Unknown>, outer: Shape): ReadonlyArray<Fault> => {
  const first = list.filter(({ name }, i) => list.findIndex((other) => other.name === name) === i)
  return first.map(({ name, path }, i) => {
    const outside = shape === outer ? [] : namesFor(name, Object.keys(outer.properties ?? {}))
    const advice =
      outside.length > 0
        ? `: ${outside.join(" or ")} belongs beside ${path.replace(/\..*$/, "")}`
        : suggestion(nearest(name, Object.keys(shape.properties ?? {})))
    const names = i === first.length - 1 ? `. ${allNames(listedNames(shape))}` : ""
    return { path: at(path, name), fault: `is not an argument${advice}${names}` }
  })
}

const suggestion = (near: string | undefined): string => (near === undefined ? "" : `: use ${near}`)

const allNames = (names: ReadonlyArray<string>): string =>
  names.length === 0 ? "None is needed" : `The arguments are ${names.join(", ")}`

const listedNames = ({ properties = {} }: Shape): ReadonlyArray<string> =>
  Object.entries(properties).flatMap(([name, field]) => (isMarked(field, "unlisted") ? [] : [name]))

/** Compares two values of one argument. Decimals can differ in zeros at the end. */
const isSame = (left: unknown, right: unknown, shape: Shape = {}): boolean => {
  if (typeof left === "string" && typeof right === "string" && isMarked(shape, "decimal"))
    return numberOf(left) === numberOf(right)
  return typeof left === "object" ? JSON.stringify(left) === JSON.stringify(right) : left === right
}

/** Writes a number without zeros at its end. Other text, such as a relative price, is unchanged. */
const numberOf = (text: string): string => {
  const value = isDecimal(text) ? parse(text) : undefined
  return value === undefined ? text : format(value)
}

/** Takes the value out of a list of one. */
const onlyItem = (value: unknown): unknown => {
  const list = fromJson(value, "[")
  return Array.isArray(list) && list.length === 1 && list[0] !== "" ? list[0] : value
}

const readPlain = (value: unknown, shape: Shape): unknown => {
  if (shape.enum !== undefined) return choiceOf(value, shape, shape.enum)
  switch (shape.type) {
    case "boolean":
      return typeof value === "string" && /^(true|false)$/i.test(value) ? value.toLowerCase() === "true" : value
    case "integer":
    case "number":
      return typeof value === "string" && /^-?\d{1,15}$/.test(value) ? Number(value) : value
    case "string":
      if (!isMarked(shape, "decimal")) return value
      return typeof value === "number" ? digitsOf(value) : shareText(value)
    default:
      return value
  }
}

/** Finds the choice that a value spells in another case, as a number, or as a duration. */
const choiceOf = (value: unknown, shape: Shape, choices: ReadonlyArray<unknown>): unknown => {
  if (typeof value !== "string" && typeof value !== "number") return value
  const text = String(value)
  if (choices.includes(text)) return text
  const folded = fold(text)
  const [choice, ...others] = choices.filter((choice) => fold(String(choice)) === folded)
  if (choice !== undefined && others.length === 0) return choice
  const minutes = isMarked(shape, "minutes") ? minutesOf(text) : undefined
  return choices.find((choice) => choice === minutes) ?? value
}

const unitMinutes: Readonly<Record<string, number>> = { m: 1, min: 1, h: 60, d: 1440, w: 10_080 }

/** Reads a duration such as `1h` in minutes. A capital M can be a month, and is none. */
const minutesOf = (text: string): string | undefined => {
  const [, count = "", unit = ""] = /^(\d{1,6})\s?(m|min|[hH]|[dD]|[wW])$/.exec(text.trim()) ?? []
  return count === "" ? undefined : String(Number(count) * (unitMinutes[unit.toLowerCase()] ?? 1))
}

/** Writes a share of what is free, such as `ALL` or `50 %`, in its one spelling. Other values are unchanged. */
const shareText = (value: unknown): unknown => {
  if (typeof value !== "string") return value
  if (/^all$/i.test(value)) return "all"
  const [, percent] = /^(\d{1,3}(?:\.\d{1,18})?) %$/.exec(value) ?? []
  return percent === undefined ? value : `${percent}%`
}

/**
 * Writes the digits of a JSON number that has kept them. A double holds 15 digits of every decimal number; a number with
 * more might be the result of arithmetic, such as 0.30000000000000004, and is left for the schema to refuse.
 */
const digitsOf = (value: number): unknown => {
  const number = Number.isFinite(value) ? parse(String(value)) : undefined
  if (number === undefined) return value
  const text = format(number)
  return text.replaceAll(/\D/g, "").replace(/^0+/, "").length > 15 ? value : text
}

const fromJson = (value: unknown, opening: "{" | "["): unknown =>
  typeof value === "string" && value.trimStart().startsWith(opening)
    ? Option.getOrElse(shallow(value), () => value)
    : value

/** Parses JSON text that is not nested too deeply. */
const shallow = (text: string): Option.Option<unknown> =>
  Option.filter(Either.getRight(Either.try(() => parseWithLongNumbers(text))), (value) => isShallow(text, value))

/** Parses arguments that were given as JSON text. */
export const argumentsOf = (args: unknown): unknown => fromJson(args, "{")

/** Parses the texts `["a","b"]` and `a,b` as a list. Other values are returned unchanged for the schema to check. */
const asList = (value: unknown): unknown => {
  const list = fromJson(value, "[")
  return typeof list === "string" && !list.trimStart().startsWith("[")
    ? list.split(",").map((item) => item.trim())
    : list
}
