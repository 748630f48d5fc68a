import { Schema } from "effect"
import { readFileSync, writeFileSync } from "node:fs"
import type { Cost, Side } from "./scripted.ts"
import { everyday } from "./task.ts"

const Costs = Schema.parseJson(
  Schema.Record({ key: Schema.String, value: Schema.Struct({ calls: Schema.Int, tokens: Schema.Int }) })
)
export type Costs = Readonly<Record<string, Cost>>

const file = (side: Side) => new URL(`results/${side}.json`, import.meta.url)

/** Reads the recorded costs of the everyday tasks. */
export const recorded = (side: Side): Costs => Schema.decodeUnknownSync(Costs)(readFileSync(file(side), "utf8"))

/** Records the costs of the everyday tasks. */
export const record = (side: Side, costs: Costs): void =>
  writeFileSync(file(side), `${JSON.stringify(costs, undefined, 2)}\n`)

const cells = (cost: Cost | undefined) => (cost === undefined ? "– | –" : `${cost.calls} | ${number(cost.tokens)}`)

const number = (value: number) => String(value).replaceAll(/\B(?=(\d{3})+$)/g, ",")

const sum = (costs: ReadonlyArray<Cost>): Cost => ({
  calls: costs.reduce((all, { calls }) => all + calls, 0),
  tokens: costs.reduce((all, { tokens }) => all + tokens, 0)
})

/** Makes the table of calls and tokens for each task, before and after. The sum counts the tasks that have both. */
export const costTable = (before: Costs = recorded("before"), after: Costs = recorded("after")): string => {
  const both = everyday.flatMap(({ id }) => {
    const [old, now] = [before[id], after[id]]
    return old === undefined || now === undefined ? [] : [{ old, now }]
  })
  return [
    "| What a user says | Calls before | Tokens before | Calls | Tokens |",
    "| --- | ---: | ---: | ---: | ---: |",
    ...everyday.map(({ id, prompt }) => `| ${prompt} | ${cells(before[id])} | ${cells(after[id])} |`),
    `| All ${both.length} that have both | ${cells(sum(both.map(({ old }) => old)))} | ${cells(sum(both.map(({ now }) => now)))} |`
  ].join("\n")
}
