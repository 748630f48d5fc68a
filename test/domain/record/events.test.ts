import { assert, describe, it } from "@effect/vitest"
import { Either, Schema } from "effect"
import { budgetMandate } from "../../../src/domain/mandates/termDefaults.ts"
import { Event } from "../../../src/domain/record/events.ts"

const decode = Schema.decodeUnknownEither(Event)

const change = {
  kind: "mandate",
  at: 1_790_000_000_000,
  actor: { id: "local" },
  subject: "0123456789ab",
  token: "0123456789ab",
  revision: 1,
  terms: budgetMandate
}

describe("a change of a mandate in the record", () => {
  it("is read with all its terms", () => {
    assert.deepInclude(Either.getOrThrow(decode(change)), { terms: budgetMandate })
  })

  it.each([
    ["a limit", { terms: { ...budgetMandate, maxDrawdown: "5" } }],
    ["a window", { terms: { ...budgetMandate, spending: { max: { decade: "5" } } } }],
    ["a field", { expires: 1 }]
  ])("is not read if it has %s that this version does not know, which would be dropped", (_, more) => {
    assert.isTrue(Either.isLeft(decode({ ...change, ...more })))
  })
})
