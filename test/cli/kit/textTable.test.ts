import { assert, describe, it } from "@effect/vitest"
import { table } from "../../../src/cli/kit/textTable.ts"

describe("a table", () => {
  it("has a line for each row, whatever the texts in it", () => {
    const lines = table(
      "Tokens (a\u001bb)",
      ["ID", "Name"],
      [
        ["1", "x\n2  forged"],
        ["3", "\u009b2J\u202e\u2028"]
      ]
    ).split("\n")
    assert.lengthOf(lines, 6)
    for (const line of lines) assert.match(line, /^[ -~]*$/)
  })
})
