import { assert, describe, it } from "@effect/vitest"
import { answerTables } from "../../../src/cli/call/answerTables.ts"
import { exitCodeOf } from "../../../src/cli/call/exitCodes.ts"

const lines = (answer: Record<string, unknown>) => answerTables("tool", answer).split("\n")

describe("answerTables", () => {
  it("prints single values, then each list", () => {
    assert.deepStrictEqual(lines({ count: 1, ids: ["A", "B"], orders: [{ txid: "O1" }, { txid: "O2", vol: "1" }] }), [
      "tool",
      "",
      "Field  Value",
      "-----  -----",
      "count  1",
      "ids    A, B",
      "",
      "orders",
      "",
      "txid  vol",
      "----  ---",
      "O1",
      "O2    1"
    ])
  })

  it("names columns as the answer does", () => {
    assert.deepStrictEqual(lines({ columns: ["time", "open"], rows: [[1, "2"]] }).slice(2), [
      "time  open",
      "----  ----",
      "1     2"
    ])
  })

  it("escapes what would move the cursor", () => {
    assert.notInclude(answerTables("tool", { name: "\u001b[2J" }), "\u001b")
  })
})

describe("exitCodeOf", () => {
  it.each([
    [{}, 0],
    [{ placed: true }, 0],
    [{ placed: false, duplicate_of: ["O1"] }, 5],
    [{ failed: 1 }, 3],
    [{ left: [] }, 0],
    [{ left: ["O1"] }, 3]
  ])("%j", (answer, code) => {
    assert.strictEqual(exitCodeOf(answer), code)
  })
})
