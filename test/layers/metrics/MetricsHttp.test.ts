import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import { request } from "node:http"
import { MetricsHttp, MetricsListener } from "../../../src/layers/metrics/http/MetricsHttp.ts"
import { TestConfig } from "../../doubles/TestConfig.ts"
import { TestStatus } from "../../doubles/TestStatus.ts"

/** Sends a GET with any headers, which `fetch` does not. */
const get = (port: number, path: string, headers: Record<string, string> = {}) =>
  Effect.async<{ readonly status: number | undefined; readonly text: string }>((resume) => {
    request({ host: "127.0.0.1", port, path, headers }, (response) => {
      let text = ""
      response.on("data", (part: Buffer) => {
        text += part.toString()
      })
      response.on("end", () => resume(Effect.succeed({ status: response.statusCode, text })))
    }).end()
  })

describe("the listener of metrics", () => {
  it.scopedLive("serves them without a token, and nothing else", () =>
    Effect.gen(function* () {
      const layer = Layer.provide(MetricsHttp({ host: "127.0.0.1", port: 0 }), [TestConfig(), TestStatus()])
      const { port } = Context.get(yield* Layer.build(layer), MetricsListener)
      assert.deepStrictEqual(yield* get(port, "/metrics?a=b"), { status: 200, text: "a_total 1\n" })
      for (const path of ["/", "/mcp", "/ready", "/metrics/"]) assert.strictEqual((yield* get(port, path)).status, 404)
    })
  )

  it.scopedLive("on loopback refuses pages of browsers, also those whose name leads here", () =>
    Effect.gen(function* () {
      const layer = Layer.provide(MetricsHttp({ host: "127.0.0.1", port: 0 }), [TestConfig(), TestStatus()])
      const { port } = Context.get(yield* Layer.build(layer), MetricsListener)
      assert.strictEqual((yield* get(port, "/metrics", { host: "evil.test" })).status, 403)
      assert.strictEqual((yield* get(port, "/metrics", { origin: "https://evil.test" })).status, 403)
      assert.strictEqual((yield* get(port, "/metrics", { host: "localhost:1" })).status, 200)
    })
  )
})
