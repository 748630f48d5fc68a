import { JSONSchema, Schema } from "effect"

export type JsonSchema = { readonly type: "object"; readonly [key: string]: unknown }

/** Makes the JSON Schema (2020-12) of a tool's input: closed, without references and generated annotations. */
export const input = (schema: Schema.Schema.All): JsonSchema => root(schema, false)

/** Makes the JSON Schema of a tool's answer, left open since answers can gain fields. */
export const output = (schema: Schema.Schema.All): JsonSchema => root(schema, true)

const root = (schema: Schema.Schema.All, open: boolean): JsonSchema => {
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
  return Object.keys(definitions).length === 0
    ? { ...json, type: "object" }
    : { ...json, type: "object", $defs: tidy(definitions, open) }
}

/** Makes a JSON Schema without descriptions, for fields that another tool of the same list describes. */
export const withoutDescriptions = (schema: Schema.Schema.All): JsonSchema => strip(input(schema))

/** Annotates a row whose fields another tool of the same list describes. */
export const describedElsewhere = { jsonSchema: { type: "object" } }

/** Annotates a row of which the JSON Schema names only the fields that are always present. */
export const namingOnly = (fields: Schema.Struct.Fields) => ({ jsonSchema: output(Schema.Struct(fields)) })

const strip = <A>(node: A): A => {
  if (Array.isArray(node)) return node.map(strip) as A
  if (typeof node !== "object" || node === null) return node
  const entries = Object.entries(node).filter(([key, value]) => !(key === "description" && typeof value === "string"))
  return Object.fromEntries(entries.map(([key, value]) => [key, strip(value)])) as A
}

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
