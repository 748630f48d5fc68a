import { Context, type Effect, type Redacted, Schema } from "effect"

/** Somebody ended the questions before the last one, such as with Ctrl-C. */
export class QuestionsEnded extends Schema.TaggedError<QuestionsEnded>()("QuestionsEnded", {}) {
  override get message() {
    return "Nothing was changed."
  }
}

/** One of the answers that a question offers. */
export interface Choice<A> {
  readonly value: A
  readonly name: string
  /** A sentence about it. */
  readonly description?: string
}

/** Returns the reason for which a text is no answer. Undefined if it is one. */
export type Fault = (text: string) => string | undefined

/** Asks the person at the terminal. */
export class Questions extends Context.Tag("mcp-kraken/services/Questions")<
  Questions,
  {
    /** Asks for one of several answers. The first one is preselected. */
    readonly chooseOne: <A>(question: string, choices: ReadonlyArray<Choice<A>>) => Effect.Effect<A, QuestionsEnded>
    /** Asks for at least one of several answers. All are preselected if there is only one. */
    readonly chooseSome: <A>(
      question: string,
      choices: ReadonlyArray<Choice<A>>
    ) => Effect.Effect<ReadonlyArray<A>, QuestionsEnded>
    /** Asks for a text, with a default. */
    readonly text: (question: string, byDefault: string, fault: Fault) => Effect.Effect<string, QuestionsEnded>
    /** Asks for a secret, which is not shown. */
    readonly secret: (question: string, fault: Fault) => Effect.Effect<Redacted.Redacted, QuestionsEnded>
  }
>() {}
