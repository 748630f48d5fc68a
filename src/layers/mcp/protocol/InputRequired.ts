import { Schema } from "effect"

/** A request of MCP to the client or its user, such as `elicitation/create`, with its params. */
export const Question = Schema.Struct({
  method: Schema.Literal("elicitation/create", "sampling/createMessage", "roots/list"),
  params: Schema.Record({ key: Schema.String, value: Schema.Unknown })
})
export type Question = typeof Question.Type

/**
 * A call that needs answers to continue. It ends here and runs again from the start with the answers, so an effect that
 * must happen only once is not allowed before. No tool asks: an answer of the client would not prove that a person gave it.
 */
export class InputRequired extends Schema.TaggedError<InputRequired>()("InputRequired", {
  /** Questions by names that the handler chooses. */
  questions: Schema.Record({ key: Schema.String, value: Question }),
  /** State that comes back with the answers, encrypted while the client holds it. Without it, the answers are only a claim of the client. */
  state: Schema.optionalWith(Schema.Unknown, { exact: true })
}) {
  override get message() {
    return `Answers are needed to: ${Object.keys(this.questions).join(", ")}.`
  }
}
