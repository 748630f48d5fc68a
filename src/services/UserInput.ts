import { Effect, Option, Schema } from "effect"
import { CallContext } from "./CallContext.ts"

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

/** A form of a few plain fields. */
export interface Form {
  readonly message: string
  /** A flat JSON Schema of strings, numbers, booleans and enums. */
  readonly requestedSchema: {
    readonly type: "object"
    readonly properties: object
    readonly required?: ReadonlyArray<string>
  }
}

/**
 * Asks the user of the client who is calling. None where that client can't ask: the tool has to find another way.
 *
 * An answer counts only if the question was put to this caller, for this tool and these arguments, within the last ten
 * minutes, and was not used before.
 */
export const ask = Effect.fn("UserInput.ask")(function* (name: string, form: Form) {
  const { answers, asks } = yield* CallContext
  if (!asks) return Option.none<Reply>()
  const reply = decodeReply(answers[name])
  if (Option.isSome(reply)) return reply
  const question: Question = { method: "elicitation/create", params: { mode: "form", ...form } }
  return yield* new InputRequired({ questions: { [name]: question }, state: { asked: [name], answers } })
})

const decodeReply = Schema.decodeUnknownOption(Reply)
