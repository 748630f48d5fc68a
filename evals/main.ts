// Carries out the tasks, by scripts or by a model: `npm run eval`. See evals/README.md.
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import { Effect, Redacted } from "effect"
import process from "node:process"
import { parseArgs } from "node:util"
import { converse, type Model } from "./model.ts"
import { type Costs, costTable, record } from "./report.ts"
import { missingIn, type Outcome, play, type Side } from "./scripted.ts"
import { adversarial, everyday, skills, type Task } from "./task.ts"

const { values } = parseArgs({
  options: { only: { type: "string", multiple: true }, record: { type: "string" } },
  strict: true
})

const { EVAL_API_KEY, EVAL_BASE_URL, EVAL_MODEL } = process.env

const isWanted = ({ id }: Task) => values.only === undefined || values.only.includes(id)

/** Prints one line for a task, and what is wrong below it. Returns whether nothing is. */
const show = (name: string, { calls, faults, tokens }: Outcome, more = ""): boolean => {
  console.log(`${faults.length === 0 ? "ok    " : "WRONG "} ${name}: ${calls} calls, ${tokens} tokens${more}`)
  for (const fault of faults) console.log(`         ${fault}`)
  return faults.length === 0
}

const playAll = async (
  side: Side,
  tasks: ReadonlyArray<Task>
): Promise<{ readonly costs: Costs; readonly ok: boolean }> => {
  const costs: Record<string, Outcome> = {}
  let ok = true
  for (const task of tasks) {
    const missing = missingIn(task, side)
    if (missing.length > 0) {
      console.log(`skip   ${task.id} (${side}): ${missing.join(", ")} does not exist yet`)
      continue
    }
    const outcome = await Effect.runPromise(play(task, side))
    ok = show(`${task.id} (${side})`, outcome) && ok
    costs[task.id] = outcome
  }
  return {
    ok,
    costs: Object.fromEntries(Object.entries(costs).map(([id, { calls, tokens }]) => [id, { calls, tokens }]))
  }
}

const byScript = async (): Promise<boolean> => {
  const tasks = everyday.filter(isWanted)
  const before = await playAll("before", tasks)
  const after = await playAll("after", tasks)
  const attempts = await playAll("after", adversarial.filter(isWanted))
  const followed = await playAll("after", skills.filter(isWanted))
  if (values.record === "before") record("before", before.costs)
  if (values.record === "after") record("after", after.costs)
  console.log(`\n${costTable(before.costs, after.costs)}`)
  return before.ok && after.ok && attempts.ok && followed.ok
}

const byModel = async (model: Model): Promise<boolean> => {
  let ok = true
  for (const task of [...everyday, ...adversarial].filter(isWanted)) {
    const outcome = await Effect.runPromise(Effect.provide(converse(task, model), FetchHttpClient.layer))
    ok = show(task.id, outcome, `, ${outcome.billed} billed`) && ok
    console.log(`         ${JSON.stringify(outcome.said)}`)
  }
  return ok
}

const isRight = await (EVAL_MODEL === undefined
  ? byScript()
  : byModel({
      name: EVAL_MODEL,
      baseUrl: EVAL_BASE_URL ?? "https://api.openai.com/v1",
      ...(EVAL_API_KEY !== undefined && { key: Redacted.make(EVAL_API_KEY) })
    }))
process.exitCode = isRight ? 0 : 1
