import { assert, describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { toolsets } from "../../src/tools/toolsets.ts"
import { account } from "./scenarios/account.ts"
import { funds } from "./scenarios/funds.ts"
import { market } from "./scenarios/market.ts"
import { orders } from "./scenarios/orders.ts"
import { transcriptOf, usualThings } from "./transcript.ts"

const scenarios = { ...market, ...account, ...orders, ...funds }

const tools = Object.values(toolsets).flat()

describe("what a tool sends to Kraken and answers", () => {
  it("is pinned for every tool", () => {
    assert.deepStrictEqual(Object.keys(scenarios).toSorted(), tools.map(({ name }) => name).toSorted())
  })

  it("is pinned for every write where Kraken refuses, and where its answer is lost", () => {
    for (const { endpoint, intent, name } of tools) {
      const titles = Object.keys(scenarios[name] ?? {}).join("\n")
      if (intent === "read" || endpoint === undefined) continue
      assert.match(titles, /^Kraken refuses/m, name)
      assert.match(titles, /^the answer.* is lost/m, name)
    }
  })

  it.effect("has headers and facts that are always the same", () => matches("usual", usualThings))

  for (const [tool, its] of Object.entries(scenarios)) {
    it.effect(tool, () => matches(tool, transcriptOf(tool, its)))
  }
})

const matches = (name: string, text: Effect.Effect<string>) =>
  Effect.flatMap(text, (text) => Effect.promise(() => expect(text).toMatchFileSnapshot(`tools/${name}.txt`)))
