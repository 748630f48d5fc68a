import { assert, describe, it } from "@effect/vitest"
import { Duration, Option } from "effect"
import { parseDuration } from "../../../src/cli/token/duration.ts"

describe("parseDuration", () => {
  it.each([
    ["90d", Duration.days(90)],
    ["12h", Duration.hours(12)],
    ["30m", Duration.minutes(30)],
    [" 45S ", Duration.seconds(45)],
    ["3600", Duration.hours(1)]
  ] as const)("reads %s", (text, duration) => {
    assert.deepStrictEqual(Option.map(parseDuration(text), Duration.toMillis), Option.some(Duration.toMillis(duration)))
  })

  it.each(["", "0", "0d", "-5", "+5", "1.5h", "1e3", "soon", "5 minutes", "1w", "36526d", "99999999999"])(
    "refuses %j",
    (text) => {
      assert.deepStrictEqual(parseDuration(text), Option.none())
    }
  )
})
