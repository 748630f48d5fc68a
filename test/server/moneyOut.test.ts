import { assert, describe, it } from "@effect/vitest"
import { moneyOut } from "../../src/server/moneyOut.ts"
import { toolsetNames } from "../../src/services/Toolset.ts"

describe("the tools that move money out", () => {
  it("are named if they are offered", () => {
    assert.deepStrictEqual(moneyOut({ readOnly: false, toolsets: toolsetNames }), ["withdraw"])
    assert.deepStrictEqual(moneyOut({ readOnly: true, toolsets: toolsetNames }), [])
    assert.deepStrictEqual(moneyOut({ readOnly: false, toolsets: ["market", "trading"] }), [])
  })
})
