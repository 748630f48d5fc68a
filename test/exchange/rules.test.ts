import { assert, describe, it } from "@effect/vitest"
import { currentRules } from "../../src/exchange/state/state.ts"
import { venue } from "../doubles/TestVenue.ts"

/** An exchange on which commands follow the rules of the first journals. */
const early = () => venue({ settings: { rules: 1 } })

describe("the rules for commands", () => {
  it("are changed to the newest by a command, and never back to older ones", () => {
    const v = early()
    v.ok("control/Rules", { revision: currentRules })
    assert.strictEqual(v.x.settings.rules, currentRules)
    assert.strictEqual(v.refused("control/Rules", { revision: 1 }), "EGeneral:Invalid arguments:revision")
  })
})
