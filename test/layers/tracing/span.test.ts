import { assert, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import { currentTrace, span, startTracing, traceContext } from "../../../src/layers/tracing/span.ts"

const traceId = "0af7651916cd43dd8448eb211c80319c"
const spanId = "b7ad6b7169203331"

const idOf = Effect.map(Effect.option(Effect.currentSpan), Option.isSome)

describe("spans", () => {
  it.effect("are made from the time on when they are sent", () =>
    Effect.gen(function* () {
      const spanned = span({ name: "a", kind: "internal", attributes: {} })
      assert.isFalse(yield* spanned(idOf))
      assert.isTrue(Option.isNone(yield* span({ name: "a", kind: "internal", attributes: {} })(currentTrace)))
      assert.isUndefined(traceContext({ traceparent: `00-${traceId}-${spanId}-01` }))
      yield* startTracing
      assert.isTrue(yield* span({ name: "a", kind: "internal", attributes: {} })(idOf))
      const parent = traceContext({ traceparent: `00-${traceId}-${spanId}-01` })
      assert.deepStrictEqual(
        yield* span({ name: "a", kind: "internal", attributes: {}, parent })(currentTrace),
        Option.some(traceId)
      )
    })
  )

  it("take over the trace of a client that is well-formed, and its decision to sample", () => {
    const context = (traceparent: unknown) => traceContext({ traceparent })
    assert.deepInclude(context(`00-${traceId}-${spanId}-01`), { traceId, spanId, sampled: true })
    assert.deepInclude(context(`00-${traceId}-${spanId}-00`), { sampled: false })
    assert.deepInclude(context(`cc-${traceId}-${spanId}-03-later-parts`), { sampled: true })
    for (const wrong of [
      undefined,
      1,
      "",
      `ff-${traceId}-${spanId}-01`,
      `00-${"0".repeat(32)}-${spanId}-01`,
      `00-${traceId}-${"0".repeat(16)}-01`,
      `00-${traceId.toUpperCase()}-${spanId}-01`,
      `00-${traceId}-${spanId}`,
      `00-${traceId}-${spanId}-01${"-a".repeat(100)}`
    ])
      assert.isUndefined(context(wrong), String(wrong))
  })
})
