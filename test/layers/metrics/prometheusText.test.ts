import { assert, describe, it } from "@effect/vitest"
import { Effect, MetricBoundaries } from "effect"
import type * as Instrument from "../../../src/layers/metrics/instrument.ts"
import { counter, gauge, histogram, startRecording, timed } from "../../../src/layers/metrics/instrument.ts"
import { prometheusText } from "../../../src/layers/metrics/prometheusText.ts"

const events = counter({ name: "mcp.test.events", help: "Events.", unit: "1", labels: ["kind"] })
const waits = histogram({
  name: "mcp.test.wait",
  help: "Waits.",
  unit: "s",
  labels: ["who", "why"],
  boundaries: MetricBoundaries.fromIterable([0.1, 1])
})
const levels = gauge({ name: "mcp.test.level", help: 'Levels \\ of\n"it".', unit: "By", labels: ["of"] })

/** The lines of one family. */
const lines = (name: string) =>
  prometheusText()
    .split("\n")
    .filter((line) => line.includes(`mcp_test_${name}`))

/** Loads the module again, as in a process whose metrics nobody reads. Recording cannot be ended. */
const instrumentsOfAnotherProcess = (): Promise<typeof Instrument> => import(`${instrumentFile}?unread`)
const instrumentFile = "../../../src/layers/metrics/instrument.ts"

Effect.runSync(startRecording)

describe("the text for Prometheus", () => {
  it.effect("has nothing that happened before somebody reads", () =>
    Effect.gen(function* () {
      const unread = yield* Effect.promise(instrumentsOfAnotherProcess)
      const early = unread.counter({ name: "mcp.test.early", help: "Events.", unit: "1", labels: ["kind"] })
      early.add("before")
      assert.deepStrictEqual(lines("early"), [])
      yield* unread.startRecording
      early.add("after")
      assert.deepStrictEqual(lines("early"), [
        "# HELP mcp_test_early_total Events.",
        "# TYPE mcp_test_early_total counter",
        'mcp_test_early_total{kind="after"} 1'
      ])
    })
  )

  it("has histograms in seconds, whose buckets add up, without empty labels", () => {
    waits.record(0.05, "a", "")
    waits.record(0.5, "a", "")
    waits.record(5, "a", "slow")
    assert.deepStrictEqual(lines("wait"), [
      "# HELP mcp_test_wait_seconds Waits.",
      "# TYPE mcp_test_wait_seconds histogram",
      'mcp_test_wait_seconds_bucket{who="a",le="0.1"} 1',
      'mcp_test_wait_seconds_bucket{who="a",le="1"} 2',
      'mcp_test_wait_seconds_bucket{who="a",le="+Inf"} 2',
      'mcp_test_wait_seconds_sum{who="a"} 0.55',
      'mcp_test_wait_seconds_count{who="a"} 2',
      'mcp_test_wait_seconds_bucket{who="a",why="slow",le="0.1"} 0',
      'mcp_test_wait_seconds_bucket{who="a",why="slow",le="1"} 0',
      'mcp_test_wait_seconds_bucket{who="a",why="slow",le="+Inf"} 1',
      'mcp_test_wait_seconds_sum{who="a",why="slow"} 5',
      'mcp_test_wait_seconds_count{who="a",why="slow"} 1'
    ])
  })

  it("drops series of a gauge that are gone, and escapes what could end a line", () => {
    levels.set([1, ["here"]], [2, ['x"\\\ny']])
    assert.deepStrictEqual(lines("level"), [
      '# HELP mcp_test_level_bytes Levels \\\\ of\\n"it".',
      "# TYPE mcp_test_level_bytes gauge",
      'mcp_test_level_bytes{of="here"} 1',
      'mcp_test_level_bytes{of="x\\"\\\\\\ny"} 2'
    ])
    levels.set([3, ["here"]])
    assert.deepStrictEqual(lines("level").slice(2), ['mcp_test_level_bytes{of="here"} 3'])
    levels.set()
    assert.deepStrictEqual(lines("level"), [])
  })

  it("counts values beyond a thousand together", () => {
    for (let i = 0; i < 1500; i++) events.add(`kind ${i}`)
    const counts = lines("events")
    assert.isBelow(counts.length, 1010)
    assert.match(counts.join("\n"), /\{kind="other"\} 50[01]/)
  })

  it.effect("has the time of effects that fail, too", () =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      const watch = timed<string, string>((seconds, exit) => {
        assert.isAtLeast(seconds, 0)
        seen.push(exit._tag)
      })
      assert.strictEqual(yield* watch(Effect.succeed("a")), "a")
      assert.strictEqual(yield* Effect.flip(watch(Effect.fail("no"))), "no")
      assert.deepStrictEqual(seen, ["Success", "Failure"])
    })
  )
})
