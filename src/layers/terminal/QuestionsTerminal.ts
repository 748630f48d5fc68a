import { Effect, Layer, Redacted } from "effect"
import process from "node:process"
import { load } from "../process/load.ts"
import { type Fault, Questions, QuestionsEnded } from "../../services/Questions.ts"

/** The most choices that are shown at once. */
const pageSize = 12

/**
 * Asks on the terminal. Questions go to standard error, so that the output of a command stays usable. The library is loaded
 * with the first question.
 */
export const QuestionsTerminal = Layer.effect(
  Questions,
  Effect.gen(function* () {
    const prompts = yield* Effect.cached(Effect.orDie(load(() => import("./prompts.ts"))))
    type Prompts = Effect.Effect.Success<typeof prompts>
    type Context = { readonly output: NodeJS.WriteStream; readonly signal: AbortSignal }
    const ask = <A>(prompt: (library: Prompts, context: Context) => Promise<A>) =>
      Effect.flatMap(prompts, (library) =>
        Effect.tryPromise({
          try: (signal) => prompt(library, { output: process.stderr, signal }),
          // The library fails in no other way than by Ctrl-C, or by a terminal that is closed.
          catch: () => new QuestionsEnded()
        })
      )
    return {
      chooseOne: (message, choices) =>
        ask((library, context) => library.select({ message, choices: [...choices], pageSize }, context)),
      chooseSome: (message, choices) =>
        ask((library, context) => {
          const checked = choices.length === 1
          const rows = choices.map((choice) => ({ ...choice, checked }))
          return library.checkbox({ message, choices: rows, pageSize, required: true }, context)
        }),
      text: (message, byDefault, fault) =>
        ask((library, context) =>
          library.input({ message, default: byDefault, validate: (text) => isValid(fault, text) }, context)
        ),
      secret: (message, fault) =>
        ask((library, context) =>
          library.password({ message, mask: true, validate: (text) => isValid(fault, text) }, context)
        ).pipe(Effect.map((text) => Redacted.make(text.trim())))
    }
  })
)

const isValid = (fault: Fault, text: string): true | string => fault(text.trim()) ?? true
