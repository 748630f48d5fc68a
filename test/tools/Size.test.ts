import { assert, describe, it } from "@effect/vitest"
import { countTokens } from "gpt-tokenizer"
import { essential, first } from "../../src/tools/listOrder.ts"
import { type AnyTool, tools } from "../../src/tools/toolsets.ts"

const all: ReadonlyArray<AnyTool> = [...tools.values()]

/** Counts the tokens of o200k, GPT-4o's encoding. Those of other models differ by a few percent. */
const tokens = (value: unknown) => countTokens(JSON.stringify(value))

const whole = ({ definition }: AnyTool) => definition

/** Selects the parts that every client shows to a model. */
const shown = ({ definition: { description, inputSchema, name } }: AnyTool) => ({ name, description, inputSchema })

describe("the list of tools", () => {
  it("costs a model at most 15,000 tokens, 9,500 of them without output schemas", () => {
    assert.isAtMost(tokens(all.map(whole)), 15_000)
    assert.isAtMost(tokens(all.map(shown)), 9500)
  })

  it("costs at most 250 tokens for a tool without its output, and at most 150 for the output", () => {
    const larger = { add_order: 720 } as { readonly [name: string]: number }
    for (const tool of all) {
      assert.isAtMost(tokens(shown(tool)), larger[tool.name] ?? 250, tool.name)
      assert.isAtMost(tokens(tool.definition.outputSchema), 150, tool.name)
    }
  })

  it("of the toolset essential has at most 15 tools and 3,000 tokens", () => {
    const chosen = [...tools.values()].filter(({ isEssential }) => isEssential === true)
    assert.isAtMost(essential.length, 15)
    assert.deepStrictEqual(
      chosen.map(({ name }) => name),
      essential
    )
    assert.isAtMost(tokens(chosen.map(shown)), 3000)
  })

  it("begins with 40 tools that people use, for clients that take no more", () => {
    assert.lengthOf(first, 40)
    assert.deepStrictEqual(
      all.slice(0, 40).map(({ name }) => name),
      first
    )
  })
})
