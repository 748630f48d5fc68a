import { JSONSchema, Schema } from "effect"

export type JsonSchema = { readonly type: "object"; readonly [key: string]: unknown }

/**
 * Keywords of this project in the whole schema of an input. They say how a value is understood, and the listed schema
 * leaves them out.
 */
const own = {
  /** True for a field that is understood but not listed. */
  unlisted: "x-unlisted",
  /** The schema that is listed in the place of this one. */
  listed: "x-listed",
  /** True for a decimal number, which can be given as a JSON number. */
  decimal: "x-decimal",
  /** True for a choice of minutes, which can be given as `1h`. */
  minutes: "x-minutes"
} as const

/** Marks a field for a decimal number. */
export const decimal = { [own.decimal]: true }

/** Makes a choice of minutes, which can be given as `1h`. */
export const inMinutes = <A, I, R>(schema: Schema.Schema<A, I, R>) =>
  schema.annotations({ jsonSchema: { ...part(schema), [own.minutes]: true } })

/** Checks that a schema has a mark. */
export const isMarked = (schema: object, mark: "decimal" | "minutes" | "unlisted"): boolean =>
  Object(schema)[own[mark]] === true

/**
 * Makes the whole JSON Schema (2020-12) of a tool's input: closed, without references and generated annotations. Arguments
 * are read by it.
 */
export const input = (schema: Schema.Schema.All): JsonSchema => root(schema, false)

/** Makes the schema of an input that `tools/list` shows. It is left open, since more is understood than it lists. */
export const listed = (schema: JsonSchema): JsonSchema => ({ ...listedPart(schema), type: "object" })

const listedPart = (node: unknown): object => {
  const shown: unknown = Object(node)[own.listed]
  if (typeof shown === "object" && shown !== null) return shown
  const kept = Object.entries(Object(node)).filter(([key]) => !key.startsWith("x-") && key !== "additionalProperties")
  return Object.fromEntries(
    kept.map(([key, value]) => [
      key,
      key === "properties" ? listedFields(value) : key === "items" ? listedPart(value) : value
    ])
  )
}

const listedFields = (fields: unknown) =>
  Object.fromEntries(
    Object.entries(Object(fields)).flatMap(([name, field]) =>
      Object(field)[own.unlisted] === true ? [] : [[name, listedPart(field)]]
    )
  )

/** Makes a field that is understood but not listed: few callers need it, or the server knows its value. */
export const unlisted = <A, I, R>(schema: Schema.Schema<A, I, R>) =>
  schema.annotations({ jsonSchema: { ...part(schema), [own.unlisted]: true } })

/** Makes a field that is listed by a shorter schema than the one by which it is read. */
export const listedAs = <A, I, R>(schema: Schema.Schema<A, I, R>, shown: object) =>
  schema.annotations({ jsonSchema: { ...part(schema), [own.listed]: shown } })

/**
 * Makes the JSON Schema of a tool's answer, left open since answers can gain fields. It names the fields that every
 * answer and every row has. The others name themselves where they occur.
 */
export const output = (schema: Schema.Schema.All): JsonSchema => ({ ...alwaysPresent(answer(schema)), type: "object" })

/** Makes the JSON Schema of a tool's answer with the fields that only some answers have. */
export const answer = (schema: Schema.Schema.All): JsonSchema => root(schema, true)

const alwaysPresent = <A>(node: A): A => {
  if (Array.isArray(node)) return node.map(alwaysPresent) as A
  if (typeof node !== "object" || node === null) return node
  const { properties, required, ...rest }: { properties?: object; required?: unknown } = node
  const names = Array.isArray(required) ? required : []
  const fields = Object.entries(properties ?? {}).filter(([name]) => names.includes(name))
  return {
    ...Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, alwaysPresent(value)])),
    ...(fields.length > 0 && {
      properties: Object.fromEntries(fields.map(([name, field]) => [name, alwaysPresent(field)]))
    }),
    ...(names.length > 0 && { required: names })
  } as A
}

const root = (schema: Schema.Schema.All, open: boolean): JsonSchema => ({ ...part(schema, open), type: "object" })

const part = (schema: Schema.Schema.All, open = false): object => {
  const definitions: Record<string, JSONSchema.JsonSchema7> = {}
  const json = tidy(
    JSONSchema.fromAST(schema.ast, {
      definitions,
      definitionPath: "#/$defs/",
      target: "jsonSchema2020-12",
      topLevelReferenceStrategy: "skip"
    }),
    open
  )
  return Object.keys(definitions).length === 0 ? json : { ...json, $defs: tidy(definitions, open) }
}

/** Annotates a row whose fields another tool of the same list describes. */
export const describedElsewhere = { jsonSchema: { type: "object" } }

/** Annotates a row of which the JSON Schema names only the fields that are always present. */
export const namingOnly = (fields: Schema.Struct.Fields) => ({ jsonSchema: output(Schema.Struct(fields)) })

const generated = new Set(["title", "$id", "$comment", "$schema"])

/** The `$id` that Effect gives a struct without fields, which accepts anything but null. */
const anything = "/schemas/%7B%7D"

/** Removes annotations that Effect generates: titles such as `between(1, 500)`, ids such as `/schemas/unknown`. */
const tidy = <A>(node: A, open: boolean): A => {
  if (Array.isArray(node)) return node.map((item) => tidy(item, open)) as A
  if (typeof node !== "object" || node === null) return node
  if ("$id" in node && node.$id === anything) {
    return { type: "object", properties: {}, ...(!open && { additionalProperties: false }) } as A
  }
  const entries = Object.entries(node).filter(
    ([key, value]) =>
      !(generated.has(key) && typeof value === "string") &&
      !(key === "required" && Array.isArray(value) && value.length === 0) &&
      !(open && key === "additionalProperties" && value === false)
  )
  return Object.fromEntries(entries.map(([key, value]) => [key, tidy(value, open)])) as A
}
