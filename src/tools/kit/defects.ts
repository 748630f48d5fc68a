import { type Cause, Effect, Schema } from "effect"
import type { Endpoint } from "../../domain/endpoints/endpoints.ts"
import { KrakenUnreadable } from "../../services/KrakenErrors.ts"

/** A bug in this program. The log has its cause. */
export class ToolDefect extends Schema.TaggedError<ToolDefect>()("ToolDefect", {
  tool: Schema.String,
  /** The outcome of the call: `nothing` was changed, it was `done`, or `unknown`. */
  outcome: Schema.Literal("nothing", "done", "unknown"),
  /** The beginning of Kraken's answer to a call that was done, with its ids. Otherwise empty. */
  answer: Schema.String
}) {
  override get message() {
    const done = this.outcome === "done" ? ` Kraken carried it out and answered: ${this.answer}` : ""
    return `A fault of this server ended ${this.tool}.${done}`
  }
}

/** Logs a defect of a tool with its cause, and makes the error that the caller gets. */
export const defect = (cause: Cause.Cause<unknown>, facts: ConstructorParameters<typeof ToolDefect>[0]) =>
  Effect.as(Effect.logError("A tool died", cause), new ToolDefect(facts))

/** Makes the error of an answer that can't be read because of `issue`. */
export const unreadable = (endpoint: Endpoint, carriedOut: boolean, answer: unknown, issue: string) =>
  new KrakenUnreadable({ endpoint, carriedOut, answer: beginning(answer), issue })

/** Returns the first 500 characters of an answer's JSON. */
export const beginning = (answer: unknown): string => (JSON.stringify(answer) ?? "nothing").slice(0, 500)
