import { JSONSchema, Schema } from "effect"

export type JsonSchema = { readonly type: "object"; readonly [key: string]: unknown }

/** The JSON Schema (2020-12) of a tool's input: every reference inlined, no machine-made noise, closed. */
export const input = (schema: Schema.Schema.All): JsonSchema => root(schema, false)

/** The same for its answer, left open: models pay for each word, and answers may gain fields. */
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

/** A schema without its words, for the second place in one list of tools that would say them. */
export const bare = (schema: Schema.Schema.All): JsonSchema => wordless(input(schema))

/** The annotation of a row whose fields another tool of the same list has told. */
export const toldElsewhere = { jsonSchema: { type: "object" } }

/** The annotation of a row of which only the fields that are always there are named; the tool tells of the others. */
export const naming = (fields: Schema.Struct.Fields) => ({ jsonSchema: output(Schema.Struct(fields)) })

const wordless = <A>(node: A): A => {
  if (Array.isArray(node)) return node.map(wordless) as A
  if (typeof node !== "object" || node === null) return node
  const entries = Object.entries(node).filter(([key, value]) => !(key === "description" && typeof value === "string"))
  return Object.fromEntries(entries.map(([key, value]) => [key, wordless(value)])) as A
}

const noise = new Set(["title", "$id", "$comment", "$schema"])

/** What Effect says of a struct without fields: it accepts anything but null. */
const anything = "/schemas/%7B%7D"

/** Titles such as `between(1, 500)` and ids such as `/schemas/unknown` come from Effect, not from us. */
const tidy = <A>(node: A, open: boolean): A => {
  if (Array.isArray(node)) return node.map((item) => tidy(item, open)) as A
  if (typeof node !== "object" || node === null) return node
  if ("$id" in node && node.$id === anything) {
    return { type: "object", properties: {}, ...(!open && { additionalProperties: false }) } as A
  }
  const entries = Object.entries(node).filter(
    ([key, value]) =>
      !(noise.has(key) && typeof value === "string") &&
      !(key === "required" && Array.isArray(value) && value.length === 0) &&
      !(open && key === "additionalProperties" && value === false)
  )
  return Object.fromEntries(entries.map(([key, value]) => [key, tidy(value, open)])) as A
}
