import { assert, describe, it } from "@effect/vitest"
import { countTokens } from "gpt-tokenizer"
import { toolsets } from "../../src/tools/toolsets.ts"

const tokens = (tools: ReadonlyArray<{ readonly definition: object }>) =>
  countTokens(JSON.stringify(tools.map(({ definition }) => definition)))

describe("the list of tools", () => {
  it("costs a model at most 7,000 tokens for market and account, beside the general tools", () => {
    assert.isAtMost(tokens(toolsets.general), 750)
    assert.isAtMost(tokens([...toolsets.market, ...toolsets.account]), 7000)
  })

  it("costs a model at most 20,200 tokens in all", () => {
    assert.isAtMost(tokens(Object.values(toolsets).flat()), 20_200)
  })
})
