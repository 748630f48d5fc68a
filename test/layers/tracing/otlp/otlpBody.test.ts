import { assert, describe, it } from "@effect/vitest"
import { safeMetrics, safeTraces } from "../../../../src/layers/tracing/otlp/otlpBody.ts"

const text = (key: string, stringValue: string) => ({ key, value: { stringValue } })

const traces = (span: object) => ({ resourceSpans: [{ resource: {}, scopeSpans: [{ scope: {}, spans: [span] }] }] })

const metrics = (...metrics: ReadonlyArray<object>) => ({ resourceMetrics: [{ scopeMetrics: [{ metrics }] }] })

describe("what is sent of a span", () => {
  it("has only attributes that are listed, and values that are names", () => {
    const attributes = [
      text("endpoint", "private/AddOrder"),
      text("code.stacktrace", "at secret"),
      text("error.type", "Bad thing: 'BTC/USD'"),
      { key: "priority", value: { intValue: 1 } }
    ]
    assert.deepStrictEqual(
      safeTraces(traces({ name: "a b", attributes, events: [], links: [], status: { code: 1 } })),
      {
        resourceSpans: [
          {
            resource: {},
            scopeSpans: [
              {
                scope: {},
                spans: [
                  {
                    name: "a b",
                    attributes: [text("endpoint", "private/AddOrder")],
                    events: [],
                    links: [],
                    status: { code: 1 }
                  }
                ]
              }
            ]
          }
        ]
      }
    )
  })

  it("has the name of the error in which it ended, and not its message", () => {
    const failed = {
      name: 'a "quoted" name',
      attributes: [text("span.label", "x")],
      events: [
        {
          name: "exception",
          attributes: [text("exception.message", "hush"), text("exception.type", "KrakenRejection")]
        }
      ],
      links: [{ spanId: "hush" }],
      status: { code: 2, message: "hush" }
    }
    const sent = JSON.stringify(safeTraces(traces(failed)))
    assert.notInclude(sent, "hush")
    assert.notInclude(sent, "quoted")
    assert.include(sent, '"status":{"code":2}')
    assert.include(sent, JSON.stringify(text("error.type", "KrakenRejection")))
  })
})

describe("what is sent of metrics", () => {
  it("are ours that have a value, without the label that holds the unit", () => {
    const point = (asDouble: number) => ({ asDouble, attributes: [text("unit", "s"), text("kind", "a")] })
    const of = (name: string, ...values: ReadonlyArray<number>) => ({ name, gauge: { dataPoints: values.map(point) } })
    assert.deepStrictEqual(
      safeMetrics(metrics(of("mcp.kraken.a", 1, NaN), of("mcp.kraken.b", NaN), of("effect_fiber_active", 1))),
      metrics({ name: "mcp.kraken.a", gauge: { dataPoints: [{ asDouble: 1, attributes: [text("kind", "a")] }] } })
    )
  })
})
