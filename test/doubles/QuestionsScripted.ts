import { Effect, Layer, Redacted } from "effect"
import { Questions, QuestionsEnded } from "../../src/services/Questions.ts"

/** A question that was asked, with the names of its choices. */
export interface Asked {
  readonly question: string
  readonly choices: ReadonlyArray<string>
}

/**
 * Answers questions in their order: a choice by its name, several by an array of names, a text by itself, and the default by
 * an empty text. A text that is no answer ends the questions, as does the end of the answers.
 */
export const QuestionsScripted = (
  answers: ReadonlyArray<string | ReadonlyArray<string>>,
  asked: Array<Asked> = []
): Layer.Layer<Questions> => {
  const left = [...answers]
  const next = (question: string, choices: ReadonlyArray<string> = []) =>
    Effect.suspend(() => {
      asked.push({ question, choices })
      const answer = left.shift()
      return answer === undefined ? Effect.fail(new QuestionsEnded()) : Effect.succeed(answer)
    })
  const namesOf = (choices: ReadonlyArray<{ readonly name: string }>) => choices.map(({ name }) => name)
  const line = (question: string, byDefault: string, fault: (text: string) => string | undefined) =>
    Effect.flatMap(next(question), (answer) => {
      const text = answer === "" ? byDefault : String(answer)
      return fault(text) === undefined ? Effect.succeed(text) : Effect.fail(new QuestionsEnded())
    })
  return Layer.succeed(Questions, {
    chooseOne: (question, choices) =>
      Effect.flatMap(next(question, namesOf(choices)), (answer) => {
        const found = answer === "" ? choices[0] : choices.find(({ name }) => name === answer)
        return found === undefined ? Effect.fail(new QuestionsEnded()) : Effect.succeed(found.value)
      }),
    chooseSome: (question, choices) =>
      Effect.map(next(question, namesOf(choices)), (answer) =>
        choices.filter(({ name }) => answer.includes(name)).map(({ value }) => value)
      ),
    text: line,
    secret: (question, fault) => Effect.map(line(question, "", fault), (text) => Redacted.make(text))
  })
}
