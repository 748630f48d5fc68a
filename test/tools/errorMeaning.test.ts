import { assert, describe, it } from "@effect/vitest"
import { errorText } from "../../src/tools/errorAdvice.ts"
import { errorMeaning } from "../../src/tools/errorMeaning.ts"
import type { ToolError } from "../../src/tools/toolsets.ts"
import { toolErrors } from "../fixtures/toolErrors.ts"

const all: ReadonlyArray<ToolError> = Object.values(toolErrors).flat()

/** The last line of an error, which tells a model what to do. */
const adviceOf = (error: ToolError) => errorText(error).split("\n").at(-1) ?? ""

describe("the meaning of an error for a program", () => {
  it("agrees with what a model is told to do", () => {
    for (const error of all) {
      const advice = adviceOf(error)
      const meaning = errorMeaning(error)
      const isDone = /might have been carried out|was carried out|Repeating it is safe/.test(advice)
      assert.strictEqual(meaning === "unknown", isDone, `${error._tag}: ${advice}`)
      if (/^Nothing was (sent|done|changed)\b(?! now)/.test(advice)) {
        assert.include(["usage", "refused", "waiting"], meaning, error._tag)
      }
    }
  })

  it("is that arguments can be corrected, that a person is waited for, or that the write can be sent again", () => {
    const tagsOf = (meaning: string) =>
      new Set(all.filter((error) => errorMeaning(error) === meaning).map(({ _tag }) => _tag))
    assert.deepStrictEqual(tagsOf("usage"), new Set(["InvalidArguments", "UnknownName"] as const))
    assert.deepStrictEqual(tagsOf("waiting"), new Set(["ApprovalPending"] as const))
    assert.deepStrictEqual(tagsOf("duplicate"), new Set(["ApprovalUsed"] as const))
    assert.deepStrictEqual(tagsOf("notPlaced"), new Set(["KrakenNotPlaced"] as const))
  })
})
