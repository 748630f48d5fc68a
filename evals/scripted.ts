import { Effect, Predicate } from "effect"
import { countTokens } from "gpt-tokenizer"
import type { Step, Task } from "./task.ts"
import { exists, inWorld } from "./world.ts"

/** The cost of a conversation: calls of tools, and the tokens of their arguments and answers. */
export interface Cost {
  readonly calls: number
  readonly tokens: number
}

/** The end of a conversation. */
export interface Outcome extends Cost {
  /** Sentences that say what is wrong. Empty if all is as it has to be. */
  readonly faults: ReadonlyArray<string>
}

export type Side = "before" | "after"

/** Returns the script of a task. Today's tools need the calls of the first version if nothing else is said. */
export const scriptOf = (task: Task, side: Side): ReadonlyArray<Step> =>
  side === "after" ? (task.after ?? task.before) : task.before

/** Lists the tools and the arguments of a script that do not exist yet. */
export const missingIn = (task: Task, side: Side): ReadonlyArray<string> => {
  const used = scriptOf(task, side).flatMap((step) => ("call" in step ? [step.call] : []))
  return [...new Set([...used, ...(side === "after" ? (task.needs ?? []) : [])])].filter((name) => !exists(name))
}

/** Plays the script of a task, which stands for an agent that makes no mistake. */
export const play = (task: Task, side: Side): Effect.Effect<Outcome> =>
  inWorld(
    task,
    Effect.fnUntraced(function* ({ call, faults, pass }) {
      const answers = new Map<string, unknown>()
      const wrong: Array<string> = []
      let [calls, tokens] = [0, 0]
      for (const step of scriptOf(task, side)) {
        if ("pass" in step) {
          yield* pass(step.pass)
          continue
        }
        const args = filledIn(step.args ?? {}, answers)
        const answer = yield* call(step.call, Object(args))
        calls += 1
        tokens += countTokens(JSON.stringify({ name: step.call, arguments: args })) + countTokens(answer.text)
        if (step.as !== undefined) answers.set(step.as, answer.data)
        const tag = answer.isError ? (/^\w+/.exec(answer.text)?.[0] ?? "error") : undefined
        if (tag !== step.error)
          wrong.push(`${step.call}: expected ${step.error ?? "an answer"}, got ${answer.text.slice(0, 300)}`)
      }
      return { calls, tokens, faults: [...wrong, ...faults()] }
    })
  )

/** Replaces references by the values of earlier answers. */
const filledIn = (value: unknown, answers: ReadonlyMap<string, unknown>): unknown => {
  if (typeof value === "string" && value.startsWith("$")) {
    const [name = "", ...path] = value.slice(1).split(".")
    return path.reduce((found: unknown, key) => Object(found)[key], answers.get(name))
  }
  if (Array.isArray(value)) return value.map((item) => filledIn(item, answers))
  return Predicate.isRecord(value)
    ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, filledIn(item, answers)]))
    : value
}
