import type { CallToolResult, Tool } from "@modelcontextprotocol/sdk/types.js"
import type { JsonSchemaType, jsonSchemaValidator } from "@modelcontextprotocol/sdk/validation/types.js"
import type { Intent } from "../../../domain/endpoints/endpoints.ts"
import { type Truncation, truncateLists } from "./truncateLists.ts"

/** About 20,000 tokens of text; a model pays for each of them in every further turn. */
export const maxCharacters = 80_000

/** What is left of a failure that is longer than both: such a one repeats what was sent, and ends with what to do. */
const failure = { start: 6000, end: 2000 }

const advice = "Ask for less: a lower limit, fewer fields, one pair or asset, a shorter time, or page by cursor or ofs."

interface Answering {
  readonly intent: Intent
  readonly definition: Pick<Tool, "outputSchema">
}

/**
 * Cuts answers that would flood a context. Their longest lists are shortened, so that what is left still is what the
 * tool promises and clients that check it are content; words beside it say what is missing. An answer that has no such
 * lists is cut as text, and is then marked as an error, since clients hold whole answers against the output schema.
 */
export const makeResponseLimit = (validator: jsonSchemaValidator) => {
  const isPromised = ({ definition: { outputSchema } }: Answering, value: unknown): boolean =>
    outputSchema === undefined || validator.getValidator(outputSchema as JsonSchemaType)(value).valid

  return (tool: Answering, result: CallToolResult) => {
    const text = textOf(result)
    if (result.isError === true) return shortFailure(result, text)
    if (text.length <= maxCharacters) return result
    const cut = result.structuredContent && truncateLists(result.structuredContent, maxCharacters)
    if (cut === undefined || !isPromised(tool, cut.value)) return asText(tool.intent === "read", text)
    const others = result.content.filter(({ type }) => type !== "text")
    const shortened: CallToolResult = {
      content: [{ type: "text", text: JSON.stringify(cut.value) }, ...others, { type: "text", text: words(cut) }],
      structuredContent: cut.value
    }
    return shortened
  }
}

const shortFailure = (result: CallToolResult, text: string): CallToolResult =>
  text.length <= failure.start + failure.end
    ? result
    : { ...result, content: [{ type: "text", text: `${text.slice(0, failure.start)} … ${text.slice(-failure.end)}` }] }

const textOf = ({ content }: CallToolResult): string =>
  content.flatMap((part) => (part.type === "text" ? part.text : [])).join("\n")

const words = ({ lists }: Truncation): string => {
  const shown = lists.map(({ kept, of, path }) => `${path} shows the first ${kept} of ${of}`).join("; ")
  return `Cut to fit: ${shown}. ${advice}`
}

const asText = (read: boolean, text: string): CallToolResult => {
  const carriedOut = read ? "" : "The call was carried out: do not repeat it. "
  const cut = `${carriedOut}Its answer of ${text.length} characters is cut after ${maxCharacters}. ${advice}`
  return { isError: true, content: [{ type: "text", text: `${cut}\n${text.slice(0, maxCharacters)}` }] }
}
