import { Schema } from "effect"

/** Something the client is asked to do or to ask its user, in the words of MCP: `elicitation/create` and its params. */
export const Question = Schema.Struct({
  method: Schema.Literal("elicitation/create", "sampling/createMessage", "roots/list"),
  params: Schema.Record({ key: Schema.String, value: Schema.Unknown })
})
export type Question = typeof Question.Type

/**
 * The call can't go on before these questions are answered. It ends here and begins anew with the answers, so nothing
 * that may happen only once may come before.
 */
export class InputRequired extends Schema.TaggedError<InputRequired>()("InputRequired", {
  /** By names of the asker's choice. */
  questions: Schema.Record({ key: Schema.String, value: Question }),
  /** Comes back with the answers, sealed on its way through the client. Without it, answers are only what they claim. */
  state: Schema.optionalWith(Schema.Unknown, { exact: true })
}) {
  override get message() {
    return `Answers are needed to: ${Object.keys(this.questions).join(", ")}.`
  }
}

/** What the user did with a form: `content` holds its fields, checked by nobody but the client. */
export const Reply = Schema.Union(
  Schema.Struct({
    action: Schema.Literal("accept"),
    content: Schema.Record({ key: Schema.String, value: Schema.Unknown })
  }),
  Schema.Struct({ action: Schema.Literal("decline", "cancel") })
)
export type Reply = typeof Reply.Type
