import { JSONSchema, type Schema } from "effect"

export type JsonSchema = { readonly type: "object"; readonly [key: string]: unknown }

/** The JSON Schema (2020-12) a model should read: every reference inlined, no machine-made noise, root an object. */
export const fromSchema = (schema: Schema.Schema.All): JsonSchema => {
  const definitions: Record<string, JSONSchema.JsonSchema7> = {}
  const json = tidy(JSONSchema.fromAST(schema.ast, {
    definitions,
    definitionPath: "#/$defs/",
    target: "jsonSchema2020-12",
    topLevelReferenceStrategy: "skip"
  }))
  return Object.keys(definitions).length === 0
    ? { ...json, type: "object" }
    : { ...json, type: "object", $defs: tidy(definitions) }
}

const noise = new Set(["title", "$id", "$comment", "$schema"])

/** What Effect says of a struct without fields: it accepts anything but null. */
const anything = "/schemas/%7B%7D"

/** Titles such as `between(1, 500)` and ids such as `/schemas/unknown` come from Effect, not from us. */
const tidy = <A>(node: A): A => {
  if (Array.isArray(node)) return node.map(tidy) as A
  if (typeof node !== "object" || node === null) return node
  if ("$id" in node && node.$id === anything) {
    return { type: "object", properties: {}, additionalProperties: false } as A
  }
  const entries = Object.entries(node).filter(([key, value]) => !(noise.has(key) && typeof value === "string"))
  return Object.fromEntries(entries.map(([key, value]) => [key, tidy(value)])) as A
}
