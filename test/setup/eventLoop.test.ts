import { assert, describe, it } from "@effect/vitest"

describe("between two tests that do not wait", () => {
  let hasTurned = false

  it("the event loop has not turned yet", () => {
    setImmediate(() => {
      hasTurned = true
    })
    assert.isFalse(hasTurned)
  })

  it("the event loop turns", () => {
    assert.isTrue(hasTurned)
  })
})
