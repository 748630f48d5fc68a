import type { CallToolResult } from "@modelcontextprotocol/sdk/types.js"

/** About 20,000 tokens of text; a model pays for each of them in every further turn. */
const maxCharacters = 80_000

/**
 * Cuts an answer that would flood a context. What is left is no whole answer any more, so it is marked as an error:
 * clients hold whole answers against the tool's output schema.
 */
export const bounded = (result: CallToolResult): CallToolResult => {
  const length = result.content.reduce((sum, part) => sum + (part.type === "text" ? part.text.length : 0), 0)
  if (length <= maxCharacters) return result
  const text = result.content.flatMap((part) => (part.type === "text" ? part.text : [])).join("\n")
  const words =
    `The answer has ${length} characters, and is cut after ${maxCharacters}. Ask for less: ` +
    "a lower limit, fewer fields, one pair or asset, a shorter time, or the next page by cursor or ofs."
  return { isError: true, content: [{ type: "text", text: `${words}\n${text.slice(0, maxCharacters)}` }] }
}
