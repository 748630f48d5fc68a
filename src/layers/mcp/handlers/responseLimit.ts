import type { CallToolResult, Tool } from "@modelcontextprotocol/sdk/types.js"
import type { JsonSchemaType } from "@modelcontextprotocol/sdk/validation/types.js"
import { Effect } from "effect"
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

const matchesSchema = ({ definition: { outputSchema } }: LimitedTool, value: unknown): Effect.Effect<boolean> =>
  outputSchema === undefined
    ? Effect.succeed(true)
    : Effect.map(
        Effect.promise(() => import("../server/outputValidator.ts")),
        ({ outputValidator }) => outputValidator.getValidator(outputSchema as JsonSchemaType)(value).valid
      )

/**
 * Limits an answer that would fill a model's context. It shortens the longest lists, so that the answer still
 * matches the tool's output schema, and adds text that names what is missing. If that is not enough, the text is cut and
 * the answer is marked as an error, since clients check other answers against the output schema.
 */
export const limitResponse = (tool: LimitedTool, result: CallToolResult): Effect.Effect<CallToolResult> => {
  const text = textOf(result)
  if (result.isError === true) return Effect.succeed(shortFailure(result, text))
  if (text.length <= maxCharacters) return Effect.succeed(result)
  const cut = result.structuredContent && truncateLists(result.structuredContent, maxCharacters)
  if (cut === undefined) return Effect.succeed(asText(tool.intent === "read", text))
  return Effect.map(matchesSchema(tool, cut.value), (matches) =>
    matches ? shortened(result, cut) : asText(tool.intent === "read", text)
  )
}

const shortened = ({ content }: CallToolResult, cut: Truncation): CallToolResult => ({
  content: [
    { type: "text", text: JSON.stringify(cut.value) },
    ...content.filter(({ type }) => type !== "text"),
    { type: "text", text: summary(cut) }
  ],
  structuredContent: cut.value
})

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
