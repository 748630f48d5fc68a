import { Effect, Option, Schema } from "effect"
import { CallContext } from "../../services/CallContext.ts"
import { InputRequired, type Question, Reply } from "../../services/UserInput.ts"

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
 * Asks the user of the calling client. None if that client can't ask its user.
 *
 * An answer is valid only for this caller, this tool and these arguments, for ten minutes, and once.
 */
export const ask = Effect.fn("askUser")(function* (name: string, form: Form) {
  const { answers, asks } = yield* CallContext
  if (!asks) return Option.none<Reply>()
  const reply = decodeReply(answers[name])
  if (Option.isSome(reply)) return reply
  const question: Question = { method: "elicitation/create", params: { mode: "form", ...form } }
  return yield* new InputRequired({ questions: { [name]: question }, state: { asked: [name], answers } })
})

const decodeReply = Schema.decodeUnknownOption(Reply)
