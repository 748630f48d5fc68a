import { assert, describe, it } from "@effect/vitest"
import { currentRules } from "../../src/exchange/state/state.ts"
import { makeTestExchange } from "../doubles/TestExchange.ts"

/** An exchange on which commands follow the rules of the first journals. */
const early = () => makeTestExchange({ settings: { rules: 1 } })

describe("the rules for commands", () => {
  it("can be changed to the newest revision by a command, but not back to an older one", () => {
    const v = early()
    v.ok("control/Rules", { revision: currentRules })
    assert.strictEqual(v.x.settings.rules, currentRules)
    assert.strictEqual(v.refused("control/Rules", { revision: 1 }), "EGeneral:Invalid arguments:revision")
  })
})
