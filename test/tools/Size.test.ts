import { assert, describe, it } from "@effect/vitest"
import { countTokens } from "gpt-tokenizer"
import { toolsets } from "../../src/tools/toolsets.ts"

const tokens = (tools: ReadonlyArray<{ readonly definition: object }>) =>
  countTokens(JSON.stringify(tools.map(({ definition }) => definition)))

describe("the list of tools", () => {
  it("costs a model at most 7,300 tokens for market and account", () => {
    assert.isAtMost(tokens([...toolsets.general, ...toolsets.market, ...toolsets.account]), 7300)
  })

  it("costs a model at most 20,000 tokens in all", () => {
    assert.isAtMost(tokens(Object.values(toolsets).flat()), 20_000)
  })
})
