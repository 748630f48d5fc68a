import { assert, describe, it } from "@effect/vitest"
import { Effect, Schedule } from "effect"
import { createServer } from "node:http"
import { makeHouse, overHttp, overStdio, serveHttp } from "./Server.ts"

type Json = ReturnType<typeof JSON.parse>

/** A collector of OpenTelemetry that keeps what it gets. */
const collector = Effect.gen(function* () {
  const requests: Array<{ readonly path: string; readonly headers: Json; readonly text: string }> = []
  const server = createServer((request, response) => {
    let text = ""
    request.on("data", (part: Buffer) => {
      text += part.toString()
    })
    request.on("end", () => {
      requests.push({ path: request.url ?? "", headers: request.headers, text })
      response.writeHead(200, { "content-type": "application/json" }).end("{}")
    })
  })
  yield* Effect.acquireRelease(
    Effect.async<void>((resume) => {
      server.listen(0, "127.0.0.1", () => resume(Effect.void))
    }),
    () => Effect.sync(() => server.close())
  )
  const address = server.address()
  const bodies = (path: string): ReadonlyArray<Json> =>
    requests.filter((request) => request.path === path).map(({ text }) => JSON.parse(text))
  return {
    url: `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`,
    requests,
    spans: () => bodies("/v1/traces").flatMap(spansOf),
    metrics: () => bodies("/v1/metrics").flatMap(metricsOf)
  }
})

const spansOf = ({ resourceSpans }: Json): ReadonlyArray<Json> =>
  resourceSpans.flatMap(({ scopeSpans }: Json) => scopeSpans.flatMap(({ spans }: Json) => spans))

const metricsOf = ({ resourceMetrics }: Json): ReadonlyArray<Json> =>
  resourceMetrics.flatMap(({ scopeMetrics }: Json) => scopeMetrics.flatMap(({ metrics }: Json) => metrics))

const attributesOf = ({ attributes }: Json): Record<string, unknown> =>
  Object.fromEntries(attributes.map(({ key, value }: Json) => [key, value.stringValue]))

/** The names of a span and of those above it, up to the root. */
const wayTo = (spans: ReadonlyArray<Json>, span: Json): ReadonlyArray<string> => {
  const parent = spans.find(({ spanId }) => spanId === span.parentSpanId)
  return [...(parent === undefined ? [] : wayTo(spans, parent)), span.name]
}

const traceId = "0af7651916cd43dd8448eb211c80319c"
const traceparent = `00-${traceId}-b7ad6b7169203331-01`

const order = { pair: "BTC/USD", type: "buy", ordertype: "limit", volume: "1.23456", price: "12345.6" }

describe("traces", () => {
  it.scopedLive("go from the edge over the tool and the lane to Kraken, in the client's trace, without a secret", () =>
    Effect.gen(function* () {
      const otel = yield* collector
      const { fake, ...house } = yield* makeHouse
      const server = yield* serveHttp(house, [], {
        OTEL_EXPORTER_OTLP_ENDPOINT: `${otel.url}/`,
        OTEL_EXPORTER_OTLP_HEADERS: "x-api-key=collector%20secret",
        MCP_KRAKEN_LOG_FORMAT: "json"
      })
      const client = yield* overHttp(server)
      const call = (name: string, args: Record<string, unknown> = {}) =>
        Effect.promise(() => client.callTool({ name, arguments: args, _meta: { traceparent } }))
      yield* call("get_account_balance")
      yield* call("add_order", order)
      yield* call("add_order", { ...order, volume: "a hidden volume" })
      yield* call("get_ticker", { pair: "NOSUCHPAIRHERE" })
      yield* call("cancel_order", { txid: "OQQQQQ-QQQQQ-QQQQQQ" })
      assert.strictEqual(yield* server.stop("SIGTERM"), 0)

      const spans = otel.spans()
      const named = (name: string) => spans.filter((span) => span.name === name)
      const [balance] = named("private/Balance")
      assert.deepStrictEqual(wayTo(spans, balance), [
        "tools/call",
        "execute_tool get_account_balance",
        "kraken.lane",
        "private/Balance"
      ])
      assert.strictEqual(balance.traceId, traceId)
      const [placed] = named("private/AddOrder")
      assert.deepStrictEqual(wayTo(spans, placed).slice(0, 2), ["tools/call", "execute_tool add_order"])
      assert.deepStrictEqual(wayTo(spans, placed).slice(-2), ["kraken.lane", "private/AddOrder"])
      const edges = named("tools/call")
      assert.lengthOf(edges, 5)
      for (const edge of edges) {
        assert.deepInclude(edge, { traceId, parentSpanId: "b7ad6b7169203331", kind: 2 })
        assert.deepInclude(attributesOf(edge), {
          "mcp.method.name": "tools/call",
          "mcp.protocol.version": "2025-11-25",
          "network.transport": "tcp"
        })
      }
      const errors = spans
        .filter(({ name }) => name.startsWith("execute_tool"))
        .map((span) => attributesOf(span)["error.type"])
      assert.sameMembers(errors, [undefined, undefined, "InvalidArguments", "UnknownName", "KrakenOrderError"])
      for (const { events, links } of spans) assert.deepStrictEqual([events, links], [[], []])

      const lines = server
        .log()
        .split("\n")
        .filter((line) => line.startsWith("{"))
        .map((line) => JSON.parse(line))
      const requests = lines.filter(({ annotations, message }) => message === "request" && annotations.tool)
      assert.lengthOf(requests, 5)
      for (const { annotations } of requests) assert.strictEqual(annotations.trace_id, traceId)
      const recorded = lines.filter(({ message }) => message === "Recorded")
      assert.isNotEmpty(recorded)
      for (const line of recorded) assert.strictEqual(line.trace_id, traceId)

      const { key, secret } = fake.keys.full
      const sent = otel.requests.map(({ text }) => text).join("\n")
      const hidden = [
        key,
        secret,
        server.token,
        "collector secret",
        "BTC",
        "1.23456",
        "12345.6",
        "hidden",
        "NOSUCH",
        "OQQQQQ"
      ]
      for (const text of hidden) assert.notInclude(sent, text)
      for (const { headers } of otel.requests) assert.strictEqual(headers["x-api-key"], "collector secret")

      for (const { endpoint, request } of fake.seen) assert.notProperty(request.headers, "traceparent", endpoint)

      const metrics = otel.metrics()
      const last = (name: string) => metrics.findLast((metric) => metric.name === name)
      assert.strictEqual(last("mcp.server.operation.duration").unit, "s")
      assert.isTrue(last("mcp.kraken.writes").sum.isMonotonic)
      assert.isDefined(last("mcp.kraken.record.head"))
      assert.isEmpty(metrics.filter(({ name }) => !/^(?:mcp|nodejs|process)\./.test(name)))
    })
  )

  it.scopedLive("over stdio are sent, too, and only those that are sampled", () =>
    Effect.gen(function* () {
      const otel = yield* collector
      const { fake: _, ...house } = yield* makeHouse
      const client = yield* overStdio(house, {
        OTEL_EXPORTER_OTLP_ENDPOINT: otel.url,
        OTEL_TRACES_SAMPLER_ARG: "0"
      })
      const call = (flags: string) =>
        Effect.promise(() =>
          client.callTool({ name: "get_account_balance", _meta: { traceparent: traceparent.replace(/01$/, flags) } })
        )
      yield* Effect.promise(() => client.callTool({ name: "get_account_balance" }))
      yield* call("00")
      yield* call("01")
      yield* Effect.suspend(() => (otel.spans().length > 0 ? Effect.void : Effect.fail("no span yet"))).pipe(
        Effect.retry(Schedule.intersect(Schedule.spaced("100 millis"), Schedule.recurs(200)))
      )
      const edges = otel.spans().filter(({ name }) => name === "tools/call")
      assert.lengthOf(edges, 1)
      assert.deepInclude(attributesOf(edges[0]), { "network.transport": "pipe", "mcp.protocol.version": "2025-11-25" })
    })
  )
})
