import type { CallToolResult, Tool } from "@modelcontextprotocol/sdk/types.js"
import type { JsonSchemaType, jsonSchemaValidator } from "@modelcontextprotocol/sdk/validation/types.js"
import type { Intent } from "../../../domain/endpoints/endpoints.ts"
import { type Truncation, truncateLists } from "./truncateLists.ts"

/** The most characters of an answer: about 20,000 tokens, which a model reads again in every later turn. */
export const maxCharacters = 80_000

/** The characters kept at both ends of a longer error. Such an error repeats the input and ends with advice. */
const kept = { start: 6000, end: 2000 }

const advice = "Ask for less: a lower limit, fewer fields, one pair or asset, a shorter time, or page by cursor."

interface LimitedTool {
  readonly intent: Intent
  readonly definition: Pick<Tool, "outputSchema">
}

/**
 * Makes a limiter of answers that would fill a model's context. It shortens the longest lists, so that the answer still
 * matches the tool's output schema, and adds text that names what is missing. If that is not enough, the text is cut and
 * the answer is marked as an error, since clients check other answers against the output schema.
 */
export const makeResponseLimit = (validator: jsonSchemaValidator) => {
  const matchesSchema = ({ definition: { outputSchema } }: LimitedTool, value: unknown): boolean =>
    outputSchema === undefined || validator.getValidator(outputSchema as JsonSchemaType)(value).valid

  return (tool: LimitedTool, result: CallToolResult) => {
    const text = textOf(result)
    if (result.isError === true) return shortFailure(result, text)
    if (text.length <= maxCharacters) return result
    const cut = result.structuredContent && truncateLists(result.structuredContent, maxCharacters)
    if (cut === undefined || !matchesSchema(tool, cut.value)) return asText(tool.intent === "read", text)
    const others = result.content.filter(({ type }) => type !== "text")
    const shortened: CallToolResult = {
      content: [{ type: "text", text: JSON.stringify(cut.value) }, ...others, { type: "text", text: summary(cut) }],
      structuredContent: cut.value
    }
    return shortened
  }
}

const shortFailure = (result: CallToolResult, text: string): CallToolResult =>
  text.length <= kept.start + kept.end
    ? result
    : { ...result, content: [{ type: "text", text: `${text.slice(0, kept.start)} … ${text.slice(-kept.end)}` }] }

const textOf = ({ content }: CallToolResult): string =>
  content.flatMap((part) => (part.type === "text" ? part.text : [])).join("\n")

const summary = ({ lists }: Truncation): string => {
  const shown = lists.map(({ kept, of, path }) => `${path} shows the first ${kept} of ${of}`).join("; ")
  return `Cut to fit: ${shown}. ${advice}`
}

const asText = (read: boolean, text: string): CallToolResult => {
  const carriedOut = read ? "" : "The call was carried out: do not repeat it. "
  const cut = `${carriedOut}Its answer of ${text.length} characters is cut after ${maxCharacters}. ${advice}`
  return { isError: true, content: [{ type: "text", text: `${cut}\n${text.slice(0, maxCharacters)}` }] }
}
