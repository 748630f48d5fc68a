import { assert, describe, it } from "@effect/vitest"
import { Chunk, Deferred, Effect, Fiber, Layer, Queue, Stream, TestClock } from "effect"
import { McpHttpHandler } from "../../../../src/layers/mcp/http/McpHttpHandler.ts"
import { report } from "../../../../src/services/CallContext.ts"
import { KrakenClient } from "../../../../src/services/KrakenClient.ts"
import { TestMcpHttpHandler, handshake, messagesIn, stateless, post } from "../../../doubles/TestMcp.ts"
import { Principal } from "../../../../src/services/Principal.ts"
import { bearerOf } from "../../../doubles/TestPrincipal.ts"

const time = { "public/Time": { unixtime: 1, rfc1123: "now" } }

describe("2026-07-28", () => {
  it.effect("describes the server and its capabilities", () =>
    Effect.gen(function* () {
      const { body, status } = yield* stateless("server/discover")
      assert.strictEqual(status, 200)
      assert.deepStrictEqual(body.result.supportedVersions, ["2026-07-28"])
      assert.strictEqual(body.result.resultType, "complete")
      assert.include(body.result.instructions, "decimal strings")
      assert.isAbove(body.result.ttlMs, 0)
      assert.strictEqual(body.result._meta["io.modelcontextprotocol/serverInfo"].name, "mcp-kraken")
    }).pipe(Effect.provide(TestMcpHttpHandler()))
  )

  it.effect("lists tools in one order, and calls them", () =>
    Effect.gen(function* () {
      const first = yield* stateless("tools/list")
      const again = yield* stateless("tools/list")
      assert.deepStrictEqual(first.body, again.body)
      assert.strictEqual(first.body.result.cacheScope, "private")
      const call = yield* stateless("tools/call", { name: "get_server_time" })
      assert.deepStrictEqual(call.body.result.structuredContent, {
        time: "1970-01-01T00:00:01Z",
        unixtime: 1,
        rfc1123: "now"
      })
      assert.strictEqual(call.body.result.resultType, "complete")
    }).pipe(Effect.provide(TestMcpHttpHandler({ answers: time })))
  )

  it.effect("refuses envelopes and headers that disagree, with the codes of the specification", () =>
    Effect.gen(function* () {
      const meta = (value: unknown) => ({ _meta: { "io.modelcontextprotocol/protocolVersion": value } })
      const old = yield* stateless("tools/list", meta("2031-01-01"), { "mcp-protocol-version": "2031-01-01" })
      assert.deepStrictEqual([old.status, old.body.error.code], [400, -32022])
      assert.deepStrictEqual(old.body.error.data, { supported: ["2026-07-28"], requested: "2031-01-01" })
      const none = yield* stateless("tools/list", meta(undefined))
      assert.deepStrictEqual([none.status, none.body.error.code], [400, -32602])
      for (const [params, headers] of [
        [{}, { "mcp-protocol-version": "2025-11-25" }],
        [{}, { "mcp-method": "tools/call" }],
        [{ name: "get_server_time" }, { "mcp-name": "add_order" }]
      ] as const) {
        const answer = yield* stateless("name" in params ? "tools/call" : "tools/list", params, headers)
        assert.deepStrictEqual([answer.status, answer.body.error.code], [400, -32020])
      }
      const encoded = `=?base64?${btoa("get_server_time")}?=`
      const call = yield* stateless("tools/call", { name: "get_server_time" }, { "mcp-name": encoded })
      assert.strictEqual(call.status, 200)
    }).pipe(Effect.provide(TestMcpHttpHandler({ answers: time })))
  )

  it.effect("answers a request of an older revision as such, even with headers of the newest", () =>
    Effect.gen(function* () {
      // As mcp-remote 0.15.1 sends it.
      const call = yield* post(
        { jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "get_server_time", arguments: {} } },
        { "mcp-protocol-version": "2025-11-25", "mcp-method": "tools/call", "mcp-name": "get_server_time" }
      )
      assert.strictEqual(call.status, 200)
      assert.deepStrictEqual(call.body.result.structuredContent, {
        time: "1970-01-01T00:00:01Z",
        unixtime: 1,
        rfc1123: "now"
      })
      assert.notProperty(call.body.result, "resultType")
    }).pipe(Effect.provide(TestMcpHttpHandler({ answers: time })))
  )

  it.effect("answers unknown methods with 404, and unknown tools with invalid params", () =>
    Effect.gen(function* () {
      for (const method of ["ping", "logging/setLevel", "initialize/x", "constructor"]) {
        const { body, status } = yield* stateless(method)
        assert.deepStrictEqual([status, body.error.code], [404, -32601])
      }
      const tool = yield* stateless("tools/call", { name: "no_such_tool" })
      assert.deepStrictEqual([tool.status, tool.body.error.code], [400, -32602])
    }).pipe(Effect.provide(TestMcpHttpHandler()))
  )

  it.effect("checks the envelope in order: its fields, then the headers, then the version", () =>
    Effect.gen(function* () {
      const meta = { "io.modelcontextprotocol/protocolVersion": "2031-01-01" }
      const differs = yield* stateless("tools/list", { _meta: meta })
      assert.deepStrictEqual([differs.status, differs.body.error.code, differs.body.id], [400, -32020, 1])
      const withoutHeaders = yield* post({
        jsonrpc: "2.0",
        id: 1,
        method: "tools/list",
        params: { _meta: { ...meta, "io.modelcontextprotocol/clientCapabilities": {} } }
      })
      assert.strictEqual(withoutHeaders.body.error.code, -32020)
      const headersAlone = yield* post({ jsonrpc: "2.0", id: 1, method: "tools/list" }, { "mcp-method": "tools/list" })
      assert.strictEqual(headersAlone.body.error.code, -32602)
      for (const name of ["=?base64?Z2V0?=x", "=?base64?Z2V0X3NlcnZlcl90aW1l", "=?base64?Z2V0X3NlcnZlcl90aW1lX?="]) {
        const call = yield* stateless("tools/call", { name: "get_server_time" }, { "mcp-name": name })
        assert.strictEqual(call.body.error.code, -32020)
      }
    }).pipe(Effect.provide(TestMcpHttpHandler()))
  )

  it.effect("refuses a listener without notifications", () =>
    Effect.gen(function* () {
      const { body, status } = yield* stateless("subscriptions/listen")
      assert.deepStrictEqual([status, body.error.code], [400, -32602])
    }).pipe(Effect.provide(TestMcpHttpHandler()))
  )

  it.effect("acknowledges a listener and keeps its stream open until the server stops", () =>
    Effect.gen(function* () {
      const edge = yield* McpHttpHandler
      const { events } = yield* stateless("subscriptions/listen", { notifications: {} })
      const seen = yield* Effect.fork(Stream.runCollect(events ?? Stream.empty))
      yield* Effect.yieldNow()
      yield* edge.endListening
      const text = Chunk.join(yield* Fiber.join(seen), "")
      assert.include(text, "notifications/subscriptions/acknowledged")
      assert.include(text, '"io.modelcontextprotocol/subscriptionId":1')
      assert.match(text, /data: {"jsonrpc":"2.0","id":1,"result":{"resultType":"complete".*\n\n$/)
    }).pipe(Effect.provide(TestMcpHttpHandler()))
  )
})

describe("2025-11-25 and before", () => {
  it.effect("initializes for any requested version", () =>
    Effect.gen(function* () {
      for (const [asked, given] of [
        ["2025-03-26", "2025-03-26"],
        ["2026-07-28", "2025-11-25"],
        ["x", "2025-11-25"]
      ]) {
        const { body, status } = yield* post({
          jsonrpc: "2.0",
          id: 1,
          method: "initialize",
          params: { protocolVersion: asked, capabilities: {}, clientInfo: { name: "test", version: "0" } }
        })
        assert.strictEqual(status, 200)
        assert.strictEqual(body.result.protocolVersion, given)
        assert.strictEqual(body.result.serverInfo.icons.length, 1)
      }
    }).pipe(Effect.provide(TestMcpHttpHandler()))
  )

  it.effect("calls tools, and renders their errors for the model", () =>
    Effect.gen(function* () {
      const call = yield* handshake("tools/call", { name: "get_server_time" })
      assert.deepStrictEqual(call.body.result.structuredContent, {
        time: "1970-01-01T00:00:01Z",
        unixtime: 1,
        rfc1123: "now"
      })
      assert.isUndefined(call.body.result.resultType)
      const denied = yield* handshake("tools/call", { name: "get_account_balance", arguments: {} })
      assert.isTrue(denied.body.result.isError)
      assert.isUndefined(denied.body.result.structuredContent)
      assert.include(denied.body.result.content[0].text, "KrakenPermissionError: ")
    }).pipe(Effect.provide(TestMcpHttpHandler({ answers: time })))
  )

  it.effect("describes invalid params in a sentence", () =>
    Effect.gen(function* () {
      const { body, status } = yield* handshake("tools/call", { name: 7 })
      assert.deepStrictEqual([status, body.error.code], [200, -32602])
      assert.match(body.error.message, /\bname: .*7/)
    }).pipe(Effect.provide(TestMcpHttpHandler()))
  )

  it.effect("never refuses initialize, whatever its params", () =>
    Effect.gen(function* () {
      const headers = { "mcp-protocol-version": "2026-07-28" }
      for (const params of [{}, { protocolVersion: 7, capabilities: { sampling: true }, clientInfo: null }]) {
        const { body } = yield* post({ jsonrpc: "2.0", id: 1, method: "initialize", params }, headers)
        assert.strictEqual(body.result.protocolVersion, "2025-11-25")
      }
    }).pipe(Effect.provide(TestMcpHttpHandler()))
  )

  it.effect("answers requests that the SDK would refuse, without the text of its validator", () =>
    Effect.gen(function* () {
      for (const [method, params] of [
        ["tools/call", { name: "get_server_time", _meta: { progressToken: {} } }],
        ["tools/list", { _meta: { progressToken: 1.5 } }],
        ["tools/list", { cursor: 7 }],
        ["tools/list", { cursor: "b3Vycz8=" }],
        ["tools/call", { name: "get_server_time", arguments: [1] }],
        ["ping", { _meta: { "io.modelcontextprotocol/related-task": 7 } }],
        ["prompts/get", { name: "portfolio_review", arguments: { currency: 7 } }],
        ["completion/complete", { ref: { type: "ref/other" }, argument: {} }]
      ] as const) {
        const { body } = yield* handshake(method, params)
        assert.strictEqual(body.error.code, -32602, method)
        assert.match(body.error.message, /^Invalid params: [a-z_]/, method)
      }
    }).pipe(Effect.provide(TestMcpHttpHandler()))
  )

  it.effect("treats null, and the [] that PHP writes for an empty object, as absent", () =>
    Effect.gen(function* () {
      for (const nothing of [null, []]) {
        const request = { jsonrpc: "2.0", id: 1, method: "tools/list", params: nothing }
        assert.isAbove((yield* post(request)).body.result.tools.length, 10)
        const page = yield* handshake("tools/list", { cursor: nothing, _meta: nothing })
        assert.isAbove(page.body.result.tools.length, 10)
        const call = { name: "get_server_time", arguments: nothing }
        for (const { body } of [yield* handshake("tools/call", call), yield* stateless("tools/call", call)]) {
          assert.strictEqual(body.result.structuredContent.unixtime, 1)
        }
        assert.strictEqual((yield* handshake("tools/call", { name: nothing })).body.error.code, -32602)
      }
      assert.isAbove((yield* handshake("tools/list", { cursor: "" })).body.result.tools.length, 10)
    }).pipe(Effect.provide(TestMcpHttpHandler({ answers: time })))
  )

  it.effect("answers a request for a task at once, since it has no tasks", () =>
    Effect.gen(function* () {
      const { body } = yield* handshake("tools/call", { name: "get_server_time", task: { ttl: 1000 } })
      assert.strictEqual(body.result.structuredContent.unixtime, 1)
      // The SDK answers this one itself.
      for (const task of [{ ttl: 1000 }, 7])
        assert.deepStrictEqual((yield* handshake("ping", { task })).body.result, {})
    }).pipe(Effect.provide(TestMcpHttpHandler({ answers: time })))
  )

  it.effect("answers batches in the revisions that have them, without requests of the newest", () =>
    Effect.gen(function* () {
      const batch = [{ jsonrpc: "2.0", id: 1, method: "ping" }]
      for (const [version, status] of [
        ["2025-03-26", 200],
        ["2025-06-18", 400],
        ["2026-07-28", 400]
      ] as const) {
        assert.strictEqual((yield* post(batch, { "mcp-protocol-version": version })).status, status)
      }
      const meta = { "io.modelcontextprotocol/protocolVersion": "2026-07-28" }
      const mixed = yield* post([
        { jsonrpc: "2.0", id: 1, method: "tools/list", params: { _meta: meta } },
        { jsonrpc: "2.0", id: 2, method: "initialize", params: {} },
        { jsonrpc: "2.0", id: 3, method: "ping" }
      ])
      assert.deepStrictEqual(
        mixed.body.map(({ error, id }: { error?: { code: number }; id: number }) => [id, error?.code]),
        [
          [1, -32600],
          [2, -32600],
          [3, undefined]
        ]
      )
    }).pipe(Effect.provide(TestMcpHttpHandler()))
  )

  it.effect("accepts notifications silently, and answers batches", () =>
    Effect.gen(function* () {
      const silent = yield* post({ jsonrpc: "2.0", method: "notifications/initialized" })
      assert.deepStrictEqual(silent, { status: 202, body: undefined })
      const batch = yield* post([
        { jsonrpc: "2.0", id: "a", method: "ping" },
        { jsonrpc: "2.0", method: "notifications/initialized" },
        { jsonrpc: "2.0", id: "b", method: "nope" }
      ])
      assert.deepStrictEqual(
        batch.body.map((answer: { id: string }) => answer.id),
        ["a", "b"]
      )
      assert.strictEqual(batch.body[1].error.code, -32601)
    }).pipe(Effect.provide(TestMcpHttpHandler()))
  )

  it.effect("refuses input nested so deep that it exhausts the stack, also as text within an argument", () =>
    Effect.gen(function* () {
      const deep = (levels: number) => `${"[".repeat(levels)}${"]".repeat(levels)}`
      const call = (params: string) => post(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":${params}}`)
      const pair = (value: string) => call(`{"name":"get_ticker","arguments":{"pair":${value}}}`)
      for (const { body, status } of [yield* call(`{"name":${deep(5000)}}`), yield* pair(deep(5000))]) {
        assert.deepStrictEqual([status, body.error.code], [400, -32700])
      }
      for (const { body } of [yield* pair(JSON.stringify(deep(5000))), yield* pair(deep(90))]) {
        assert.match(body.result.content[0].text, /^InvalidArguments: .{1,1000}$/s)
      }
    }).pipe(Effect.provide(TestMcpHttpHandler()))
  )

  it.effect("refuses invalid messages", () =>
    Effect.gen(function* () {
      for (const [body, code] of [
        ["{", -32700],
        ['"text"', -32600],
        ["[]", -32600],
        ['{"jsonrpc":"1.0","id":1,"method":"ping"}', -32600],
        ['{"jsonrpc":"2.0","id":{},"method":"ping"}', -32600],
        ['{"jsonrpc":"2.0","id":1,"method":"tools/call","params":[1]}', -32602]
      ] as const) {
        const answer = yield* post(body)
        assert.deepStrictEqual([answer.status, answer.body.error.code], [400, code])
      }
      const version = yield* post({ jsonrpc: "2.0", id: 1, method: "ping" }, { "mcp-protocol-version": "1999-01-01" })
      assert.strictEqual(version.status, 400)
    }).pipe(Effect.provide(TestMcpHttpHandler()))
  )
})

/** A Kraken whose `Time` runs an effect of the test. */
const withTime = (answer: Effect.Effect<unknown, never, Principal>) => {
  const kraken = Layer.mock(KrakenClient, { read: () => answer })
  return TestMcpHttpHandler({}, {}, kraken)
}

describe("a call", () => {
  it.effect("of a client that disconnects is interrupted, and no other call is", () =>
    Effect.gen(function* () {
      const started = yield* Deferred.make<void>()
      const interrupted = yield* Deferred.make<void>()
      const forever = Effect.zipRight(Deferred.succeed(started, undefined), Effect.never).pipe(
        Effect.onInterrupt(() => Deferred.succeed(interrupted, undefined))
      )
      yield* Effect.gen(function* () {
        const call = yield* Effect.fork(handshake("tools/call", { name: "get_server_time" }))
        yield* Deferred.await(started)
        const cancelled = { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 1 } }
        assert.strictEqual((yield* post(cancelled)).status, 202)
        assert.isFalse(yield* Deferred.isDone(interrupted))
        yield* Fiber.interrupt(call)
        yield* Deferred.await(interrupted)
      }).pipe(Effect.provide(withTime(forever)))
    })
  )

  it.effect("that reports progress turns into events for a client that asked for it", () =>
    Effect.gen(function* () {
      for (const call of [handshake, stateless]) {
        const quiet = yield* call("tools/call", { name: "get_server_time" })
        assert.isDefined(quiet.body)
        const asked = yield* call("tools/call", { name: "get_server_time", _meta: { progressToken: "t" } })
        const text = Chunk.join(yield* Stream.runCollect(asked.events ?? Stream.empty), "")
        const messages = [...text.matchAll(/data: (.+)/g)].map((match) => JSON.parse(match[1] ?? ""))
        assert.deepStrictEqual(
          messages.map(({ id, params }) => params?.progress ?? `answer ${id}`),
          [1, 2, "answer 1"]
        )
      }
    }).pipe(
      Effect.provide(
        withTime(
          report({ progress: 1, message: "one" }).pipe(
            Effect.zipRight(report({ progress: 1 })),
            Effect.as({ unixtime: 1, rfc1123: "now" })
          )
        )
      )
    )
  )

  it.effect("that takes long reports that it still runs, to a client that asked for progress", () =>
    Effect.gen(function* () {
      const params = { name: "get_server_time", _meta: { progressToken: "t" } }
      const quiet = yield* Effect.fork(handshake("tools/call", { name: "get_server_time" }))
      const answer = yield* Effect.fork(handshake("tools/call", params))
      yield* TestClock.adjust("1 seconds")
      const messages = yield* messagesIn((yield* Fiber.join(answer)).events)
      yield* TestClock.adjust("7 seconds")
      const [one, two, last] = yield* Queue.takeN(messages, 3)
      assert.deepInclude(one.params, { progress: 0 })
      assert.include(one.params.message, "1 s")
      assert.deepInclude(two.params, { progress: 1 })
      assert.include(two.params.message, "6 s")
      assert.strictEqual(last.result.structuredContent.unixtime, 1)
      assert.strictEqual((yield* Fiber.join(quiet)).body.result.structuredContent.unixtime, 1)
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(yield* Queue.size(messages), 0)
    }).pipe(
      Effect.scoped,
      Effect.provide(withTime(Effect.delay(Effect.succeed({ unixtime: 1, rfc1123: "now" }), "8 seconds")))
    )
  )

  it.effect("keeps its caller apart from callers at the same time", () =>
    Effect.gen(function* () {
      const ids = Array.from({ length: 50 }, (_, i) => `token${i}`)
      const answers = yield* Effect.forEach(
        ids,
        (id) =>
          post({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "get_server_time" } }, {}, bearerOf(id)),
        { concurrency: "unbounded" }
      )
      assert.deepStrictEqual(
        answers.map(({ body }) => body.result.structuredContent.rfc1123),
        ids
      )
    }).pipe(
      Effect.provide(
        withTime(
          Effect.gen(function* () {
            const { caller } = yield* Principal
            yield* Effect.yieldNow()
            return { unixtime: 1, rfc1123: caller._tag === "Token" ? caller.id : "" }
          })
        )
      )
    )
  )

  it.effect("whose tool dies does not reveal the cause", () =>
    Effect.gen(function* () {
      const { body } = yield* handshake("tools/call", { name: "get_server_time" })
      assert.isTrue(body.result.isError)
      assert.notInclude(JSON.stringify(body), "inner secret")
    }).pipe(Effect.provide(withTime(Effect.die(new Error("inner secret")))))
  )
})
