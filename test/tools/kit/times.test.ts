import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, Schema, TestClock } from "effect"
import { type Bound, readTime, secondsAhead, unixText } from "../../../src/tools/kit/timeText.ts"
import * as Times from "../../../src/tools/kit/timeFields.ts"
import * as Fields from "../../../src/tools/kit/fields.ts"
import * as Tool from "../../../src/tools/kit/tool.ts"
import { type AnyTool, toolsets } from "../../../src/tools/toolsets.ts"
import { assertFaults, faultsIn } from "../../fixtures/faults.ts"
import { TestKraken } from "../../doubles/TestKraken.ts"

const at = (text: string) => Date.parse(text) / 1000

/** The time in all tests. */
const now = at("2026-11-29T10:20:30Z")

const read = (text: string, bound: Bound = "start") =>
  Either.map(readTime(text, { now, bound }), (m) => unixText(m, bound))

const understood = (text: string, bound?: Bound) => Either.getOrThrowWith(read(text, bound), Error)

const refusal = (text: string, bound?: Bound): string => {
  const time = read(text, bound)
  return Either.isLeft(time) ? time.left : assert.fail(`${text} was taken for ${time.right}`)
}

describe("a time", () => {
  it("is understood as Unix seconds, in ISO 8601, by name, and as a time before now", () => {
    const times: ReadonlyArray<readonly [text: string, time: number]> = [
      ["1764230400", 1764230400],
      ["0", 0],
      ["2026-09-21T09:15:02Z", at("2026-09-21T09:15:02Z")],
      [" 2026-09-21 09:15z ", at("2026-09-21T09:15:00Z")],
      ["2026-09-21T09:15:02+02:00", at("2026-09-21T07:15:02Z")],
      ["2026-09-21T09:15:02-0330", at("2026-09-21T12:45:02Z")],
      ["2026-09-21 09:15:02 UTC", at("2026-09-21T09:15:02Z")],
      ["2026-09-21", at("2026-09-21T00:00:00Z")],
      ["now", now],
      ["Today", at("2026-11-29T00:00:00Z")],
      ["yesterday", at("2026-11-28T00:00:00Z")],
      ["-30d", now - 30 * 86_400],
      ["-2w", now - 14 * 86_400],
      ["-12h", now - 12 * 3600],
      ["-15m", now - 15 * 60],
      ["1d", now - 86_400],
      ["12h ago", now - 12 * 3600],
      ["-5s", now - 5]
    ]
    for (const [text, time] of times) assert.strictEqual(understood(text), String(time), text)
  })

  it("that is a date includes its day as an end, and so do today and yesterday", () => {
    assert.strictEqual(understood("2026-09-21", "end"), String(at("2026-09-22T00:00:00Z")))
    assert.strictEqual(understood("today", "end"), String(at("2026-11-30T00:00:00Z")))
    assert.strictEqual(understood("yesterday", "end"), String(at("2026-11-29T00:00:00Z")))
  })

  it("with fractions loses no part of the period", () => {
    assert.strictEqual(understood("2026-09-21T09:15:02.7Z", "start"), String(at("2026-09-21T09:15:02Z")))
    assert.strictEqual(understood("2026-09-21T09:15:02.7Z", "end"), String(at("2026-09-21T09:15:03Z")))
    assert.strictEqual(understood("2026-09-21T09:15:02.000Z", "end"), String(at("2026-09-21T09:15:02Z")))
  })

  it("with a capital M is refused, since it could be minutes or months", () => {
    for (const text of ["-1M", "+1M"]) assert.include(refusal(text), text.toLowerCase())
    assert.strictEqual(secondsAhead("+1m"), "+60")
    assert.isUndefined(secondsAhead("+1M"))
  })

  it("in milliseconds, microseconds or nanoseconds is refused with the seconds to write", () => {
    for (const digits of ["1764230400123", "1764230400123456", "1764230400123456789"])
      assert.include(refusal(digits), "write 1764230400,")
  })

  it("without a zone is refused with the two ways to write it", () => {
    for (const text of ["2026-09-21T09:15:02", "2026-09-21 09:15:02"]) {
      assert.include(refusal(text), "2026-09-21T09:15:02Z")
      assert.include(refusal(text), "2026-09-21T09:15:02+02:00")
    }
  })

  it("that does not exist is refused", () => {
    for (const text of [
      "2026-02-30",
      "2026-13-01T00:00:00Z",
      "2026-09-21T24:00:00Z",
      "2026-09-21T09:60:00Z",
      "2026-09-21T09:00:00+25:00"
    ])
      assert.include(refusal(text), text)
  })

  it("far in the past or in the future is refused", () => {
    for (const text of ["1", "86400", "1999-12-31", "-20000d", "2027-01-01", "99999999999", "2206-11-29"])
      assert.include(refusal(text), text)
    assert.include(refusal("0", "end"), "0")
    assert.strictEqual(understood("2027-01-01", "end"), String(at("2027-01-02T00:00:00Z")))
    assert.include(refusal("2028-01-01", "end"), "2026-11-29T10:20:30Z")
  })

  it("that is a year is refused with its first day", () => {
    assert.include(refusal("2026"), "2026-01-01")
  })

  it("in other words is refused with the forms that are understood", () => {
    for (const text of ["last week", "-30", "-1y", "", "21/09/2026", "+3600", "1e9", "0x10"])
      for (const form of ["Unix", "ISO 8601", "-30d", text]) assert.include(refusal(text), form)
  })
})

const timed = Tool.endpoint("timed", {
  title: "Look",
  description: "A read.",
  endpoint: "public/MaintenanceSchedule",
  input: {
    start: Fields.optional(Times.start),
    end: Fields.optional(Times.end),
    since: Fields.optional(Times.timeOrNanoseconds("A time")),
    from_ts: Fields.optional(Times.isoTime("A time")),
    to_ts: Fields.optional(Times.isoTime("A time", "end")),
    starttm: Fields.optional(Times.orderTime("A time", "start")),
    expiretm: Fields.optional(Times.orderTime("A time", "end"))
  },
  output: Schema.Struct({})
})

const sent = (args: object) => {
  const calls: Array<object> = []
  return timed.call(args).pipe(
    Effect.as(calls),
    Effect.map(([call]) => call),
    Effect.provide(
      TestKraken({ answers: { "public/MaintenanceSchedule": {} }, onCall: (_, params) => calls.push(params) })
    )
  )
}

const silent = TestKraken({ onCall: () => assert.fail("Kraken was asked") })

describe("a field for a time", () => {
  const setNow = TestClock.setTime(now * 1000)

  it.effect("is sent in the form that Kraken takes", () =>
    Effect.gen(function* () {
      yield* setNow
      assert.deepStrictEqual(yield* sent({ start: "-1h", end: "today" }), {
        start: String(now - 3600),
        end: String(at("2026-11-30T00:00:00Z"))
      })
      assert.deepStrictEqual(yield* sent({ from_ts: "2026-09-20T02:00:00.123456+02:00", to_ts: "2026-09-21" }), {
        from_ts: "2026-09-20T00:00:00.123456Z",
        to_ts: "2026-09-21T23:59:59.999999Z"
      })
    })
  )

  it.effect("takes what else the tool says: ids, marks in nanoseconds, and durations of orders", () =>
    Effect.gen(function* () {
      yield* setNow
      const others = { start: "LABCDE-12345-FGHIJK", since: "1616492376594123457", expiretm: "+2h" }
      assert.deepStrictEqual(yield* sent(others), { ...others, expiretm: "+7200" })
      assert.deepStrictEqual(yield* sent({ expiretm: "+3600" }), { expiretm: "+3600" })
      assert.deepStrictEqual(yield* sent({ expiretm: 0 }), { expiretm: "0" })
      assert.deepStrictEqual(yield* sent({ starttm: "2026-12-24", expiretm: "2026-12-24" }), {
        starttm: String(at("2026-12-24T00:00:00Z")),
        expiretm: String(at("2026-12-25T00:00:00Z"))
      })
      const error = yield* Effect.flip(timed.call({ start: "last-week", end: "1616492376594123457" }))
      assertFaults(faultsIn(error), [
        ["start", "last-week", "id"],
        ["end", "1616492376"]
      ])
    }).pipe(Effect.provide(silent))
  )

  it.effect("refuses a period that ends before it starts", () =>
    Effect.gen(function* () {
      yield* setNow
      const error = yield* Effect.flip(
        timed.call({ start: "yesterday", end: "-2d", from_ts: "2026-09-22", to_ts: "2026-09-20" })
      )
      assertFaults(faultsIn(error), [
        ["start", "end", "2026-11-28T00:00:00Z", "2026-11-27T10:20:30Z"],
        ["from_ts", "to_ts", "2026-09-22T00:00:00Z", "2026-09-20T23:59:59Z"]
      ])
      const exports = yield* Effect.flip(timed.call({ start: "2026-09-21", end: "2026-09-20" }))
      assertFaults(faultsIn(exports), [["start", "end", "2026-09-21T00:00:00Z", "2026-09-21T00:00:00Z"]])
    }).pipe(Effect.provide(silent))
  )

  it.effect("of one day holds that day", () =>
    Effect.gen(function* () {
      yield* setNow
      const day = { start: String(at("2026-09-21T00:00:00Z")), end: String(at("2026-09-22T00:00:00Z")) }
      assert.deepStrictEqual(yield* sent({ start: "2026-09-21", end: "2026-09-21" }), day)
    })
  )
})

describe("every tool", () => {
  const tools: ReadonlyArray<AnyTool> = Object.values(toolsets).flat()
  const names = ["start", "end", "since", "starttm", "endtm", "expiretm", "from_ts", "to_ts"]

  it.effect("reads times in the same way", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(now * 1000)
      let read = 0
      for (const tool of tools) {
        for (const name of Object.keys(tool.definition.inputSchema.properties ?? {}).filter((n) => names.includes(n))) {
          const error = yield* Effect.flip(tool.call({ [name]: "2026-09-21T09:15:02" }))
          const fault = faultsIn(error).find(({ path }) => path === name)
          assert.include(fault?.fault, "2026-09-21T09:15:02Z", `${tool.name}.${name}`)
          read++
        }
      }
      assert.isAtLeast(read, 19)
    }).pipe(Effect.provide(silent), (effect) => effect as Effect.Effect<void>)
  )
})
