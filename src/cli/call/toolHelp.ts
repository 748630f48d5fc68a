import { Predicate } from "effect"
import { escapeText } from "../../domain/wire/escapeText.ts"
import type { OfferedTool } from "../../server/fromShell.ts"
import { table } from "../kit/textTable.ts"

/** Prints the list of tools. */
export const toolList = (tools: ReadonlyArray<OfferedTool>): string =>
  table(
    "Tools that call can call",
    ["Tool", "Toolset", "Intent", "Title"],
    tools.map(({ definition: { name, title = "" }, intent, toolset }) => [name, toolset, intent, title])
  )

/** Prints the description of a tool and of its arguments. */
export const toolHelp = ({ definition, intent, toolset }: OfferedTool): string => {
  const { description = "", inputSchema, name } = definition
  const required: ReadonlySet<string> = new Set(inputSchema.required)
  const args = Object.entries(inputSchema.properties ?? {}).flatMap(([field, schema]) => [
    `  ${field}  ${formOf(schema)}${required.has(field) ? ", needed" : ""}`,
    ...(Predicate.isRecord(schema) && typeof schema["description"] === "string"
      ? [`      ${schema["description"]}`]
      : [])
  ])
  const lines = [`${name} (${toolset}, ${intent})`, "", description, ""]
  const listed = args.length === 0 ? ["It takes no arguments."] : ["Arguments", "", ...args]
  return [...lines, ...listed].map(escapeText).join("\n")
}

/** Describes the form of a value from its JSON Schema. */
const formOf = (schema: unknown): string => {
  if (!Predicate.isRecord(schema)) return "any"
  const { anyOf, enum: choices, items, type } = schema
  if (Array.isArray(choices)) return choices.join(" | ")
  if (Array.isArray(anyOf)) return [...new Set(anyOf.map(formOf))].join(" or ")
  if (type === "array") return `list of ${formOf(items)}`
  return typeof type === "string" ? type : "any"
}
