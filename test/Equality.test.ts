import { assert, describe, it } from "@effect/vitest"
import { Either, Exit, Option, Redacted } from "effect"

describe("assert.deepStrictEqual", () => {
  it("tells values of Effect apart by what they hold", () => {
    const different: ReadonlyArray<readonly [unknown, unknown]> = [
      [Option.some(1), Option.none()],
      [Option.some(1), Option.some(2)],
      [Option.some({ a: Option.none() }), Option.some({ a: Option.some(1) })],
      [Either.right(1), Either.left(1)],
      [Exit.succeed(1), Exit.succeed(2)],
      [Exit.succeed(1), Exit.fail(1)],
      [Redacted.make("a"), Redacted.make("b")],
      [{ key: Option.some(Redacted.make("a")) }, { key: Option.some(Redacted.make("b")) }]
    ]
    for (const [left, right] of different) {
      assert.notDeepEqual(left, right)
      assert.notDeepEqual(right, left)
    }
  })

  it("finds values of Effect equal that were made apart", () => {
    assert.deepStrictEqual(Option.some({ a: 1 }), Option.some({ a: 1 }))
    assert.deepStrictEqual(Option.none(), Option.none())
    assert.deepStrictEqual(Either.left(["a"]), Either.left(["a"]))
    assert.deepStrictEqual(Redacted.make("a"), Redacted.make("a"))
  })
})
