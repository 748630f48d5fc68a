import { type Cause, Effect, Schema } from "effect"
import type { Endpoint } from "../../domain/endpoints/endpoints.ts"
import { KrakenUnreadable } from "../../services/KrakenErrors.ts"

/** A fault of ours. The log has its cause. */
export class ToolDefect extends Schema.TaggedError<ToolDefect>()("ToolDefect", {
  tool: Schema.String,
  /** What became of the call: `nothing` was changed, it was `done`, or that is `unknown`. */
  outcome: Schema.Literal("nothing", "done", "unknown"),
  /** The beginning of Kraken's answer to a call that was done, with its ids; else empty. */
  answer: Schema.String
}) {
  override get message() {
    const done = this.outcome === "done" ? ` Kraken carried it out and answered: ${this.answer}` : ""
    return `A fault of mcp-kraken ended ${this.tool}.${done}`
  }
}

/** Logs a defect with its cause. All defects of tools end here. */
export const defect = (cause: Cause.Cause<unknown>, facts: ConstructorParameters<typeof ToolDefect>[0]) =>
  Effect.as(Effect.logError("A tool died", cause), new ToolDefect(facts))

/** Says that the answer to a call that was carried out can't be read, for some `issue`. */
export const unreadable = (endpoint: Endpoint, carriedOut: boolean, answer: unknown, issue: string) =>
  new KrakenUnreadable({ endpoint, carriedOut, answer: beginning(answer), issue })

/** The beginning of an answer, as JSON. */
export const beginning = (answer: unknown): string => (JSON.stringify(answer) ?? "nothing").slice(0, 500)
