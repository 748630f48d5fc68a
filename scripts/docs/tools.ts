import { names } from "../../src/domain/keys/permissions.ts"
import { type AnyTool, toolsets } from "../../src/tools/toolsets.ts"

/** Generates the table of tools with their endpoints, key permissions and intents. */
export const toolsTable = (): string =>
  [
    "| Toolset | Tool | Endpoint | Key permissions | Intent |",
    "| --- | --- | --- | --- | --- |",
    ...Object.entries(toolsets).flatMap(([toolset, tools]) =>
      tools.map(
        (tool: AnyTool) =>
          `| ${toolset} | \`${tool.name}\` | ${tool.endpoint ?? ""} | ${needs(tool)} | ${tool.intent} |`
      )
    )
  ].join("\n")

/** Generates the table of toolsets with the names of their tools. */
export const toolsetsTable = (): string =>
  [
    "| Toolset | Tools |",
    "| --- | --- |",
    ...Object.entries(toolsets).map(
      ([toolset, tools]) => `| ${toolset} | ${tools.map(({ name }: AnyTool) => `\`${name}\``).join(", ")} |`
    )
  ].join("\n")

const needs = ({ permissions }: AnyTool): string => {
  if (permissions.length === 0) return "–"
  if (permissions.some((set) => set.length === 0)) return "any key"
  return permissions.map((set) => set.join(" and ")).join(", or ")
}

/** Generates the table of permissions with their labels in Kraken's key form. */
export const permissionsTable = (): string =>
  [
    "| Permission | Flag of the Python server | Box in Kraken's key form |",
    "| --- | --- | --- |",
    ...Object.entries(names).map(([permission, { flag, label }]) => `| ${permission} | ${flag ?? "–"} | ${label} |`)
  ].join("\n")
