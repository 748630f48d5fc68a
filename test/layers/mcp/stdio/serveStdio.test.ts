import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Layer, Queue } from "effect"
import { PassThrough } from "node:stream"
import { maxLine } from "../../../../src/layers/mcp/stdio/lines.ts"
import { serveStdio } from "../../../../src/layers/mcp/stdio/serveStdio.ts"
import { report } from "../../../../src/services/CallContext.ts"
import { KrakenClient } from "../../../../src/services/KrakenClient.ts"
import { TestMcpServer } from "../../../doubles/TestMcp.ts"
import { linesOf } from "./jsonLines.ts"
import { testOperator } from "../../../doubles/TestPrincipal.ts"
import { Principal } from "../../../../src/services/Principal.ts"

const time = { "public/Time": { unixtime: 1, rfc1123: "now" } }

const server = TestMcpServer({ answers: time })

/** Starts a server on a pair of streams. Returns its answers, and functions that send to it. */
const serve = Effect.gen(function* () {
  const [input, output] = [new PassThrough(), new PassThrough()]
  const lines = yield* linesOf(output)
  const served = yield* Effect.fork(Effect.provideService(serveStdio(input, output), Principal, testOperator))
  const send = (...messages: Array<object>) =>
    void input.write(messages.map((message) => `${JSON.stringify(message)}\n`).join(""))
  return { input, output, send, next: Queue.take(lines), ended: Fiber.join(served), lines }
})

const request = (id: number | string, method: string, params: object = {}) => ({ jsonrpc: "2.0", id, method, params })
const callTime = (id: number | string, more: object = {}) =>
  request(id, "tools/call", { name: "get_server_time", ...more })
const prefix = "io.modelcontextprotocol/"
const envelope = {
  _meta: { [`${prefix}protocolVersion`]: "2026-07-28", [`${prefix}clientCapabilities`]: {} }
}

describe("stdio", () => {
  it.effect("serves all protocol revisions side by side, without headers", () =>
    Effect.gen(function* () {
      const { next, send } = yield* serve
      send(request(0, "initialize", { protocolVersion: "2025-06-18", capabilities: {} }))
      assert.strictEqual((yield* next).result.protocolVersion, "2025-06-18")
      send(request("a", "server/discover", envelope))
      assert.deepStrictEqual((yield* next).result.supportedVersions, ["2026-07-28"])
      send(callTime(1), callTime("1", envelope))
      const [older, newest] = [yield* next, yield* next]
      assert.deepStrictEqual([older.id, older.result.resultType], [1, undefined])
      assert.deepStrictEqual([newest.id, newest.result.resultType], ["1", "complete"])
      send(request(2, "server/discover"), request(3, "tools/list", { _meta: { [`${prefix}protocolVersion`]: "x" } }))
      assert.sameMembers([(yield* next).error.code, (yield* next).error.code], [-32601, -32602])
    }).pipe(Effect.scoped, Effect.provide(server))
  )

  it.effect("reads lines however they are cut, and answers invalid messages with errors", () =>
    Effect.gen(function* () {
      const { input, next, send } = yield* serve
      const bytes = Buffer.from(`${JSON.stringify(request("größe", "ping"))}\r\n\n`)
      for (const byte of bytes) input.write(Buffer.from([byte]))
      assert.deepStrictEqual(yield* next, { jsonrpc: "2.0", id: "größe", result: {} })
      input.write("{nonsense\n")
      assert.deepStrictEqual([(yield* next).error.code], [-32700])
      input.write(`"${"x".repeat(maxLine)}`)
      assert.strictEqual((yield* next).error.code, -32600)
      input.write(`the rest of it"\n`)
      send({ jsonrpc: "1.0", id: 1 })
      assert.strictEqual((yield* next).error.code, -32600)
      input.write(`[${JSON.stringify(request(1, "ping"))},${JSON.stringify(request(2, "ping"))}]\n`)
      assert.deepStrictEqual(
        (yield* next).map(({ id }: { id: number }) => id),
        [1, 2]
      )
    }).pipe(Effect.scoped, Effect.provide(server))
  )

  it.effect("answers every request that it has read, even one without a line end, and ends with its input", () =>
    Effect.gen(function* () {
      const { ended, input, lines, send } = yield* serve
      send(callTime(1), request(2, "subscriptions/listen", { notifications: {}, ...envelope }))
      input.end(JSON.stringify(callTime(3)))
      yield* ended
      const all = [...(yield* Queue.takeAll(lines))]
      assert.sameMembers(
        all.filter((message) => "result" in message).map(({ id }) => id),
        [1, 2, 3]
      )
      assert.deepStrictEqual(all.at(-1).result._meta[`${prefix}subscriptionId`], 2)
    }).pipe(Effect.scoped, Effect.provide(server))
  )

  it.effect("cancels only the call that a client names, even one with id 0", () =>
    Effect.gen(function* () {
      const interrupted = yield* Queue.unbounded<string>()
      const started = yield* Queue.unbounded<string>()
      const go = yield* Deferred.make<void>()
      const kraken = Layer.mock(KrakenClient, {
        read: (endpoint) =>
          Queue.offer(started, endpoint).pipe(
            Effect.zipRight(Deferred.await(go)),
            Effect.as(time["public/Time"]),
            Effect.onInterrupt(() => Queue.offer(interrupted, endpoint))
          )
      })
      yield* Effect.gen(function* () {
        const { next, send } = yield* serve
        send(callTime(0), callTime(1))
        yield* Queue.takeN(started, 2)
        send({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 0 } })
        yield* Queue.take(interrupted)
        send({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 7 } })
        yield* Deferred.succeed(go, undefined)
        assert.strictEqual((yield* next).id, 1)
      }).pipe(Effect.provide(TestMcpServer({}, {}, kraken)))
    }).pipe(Effect.scoped)
  )

  it.effect("sends progress to a client that asked for it", () => {
    const kraken = Layer.mock(KrakenClient, {
      read: () => Effect.as(report({ progress: 1, total: 2, message: "half" }), time["public/Time"])
    })
    return Effect.gen(function* () {
      const { next, send } = yield* serve
      send(callTime(1))
      assert.strictEqual((yield* next).id, 1)
      send(callTime(2, { _meta: { progressToken: "p" } }))
      const params = { progressToken: "p", progress: 1, total: 2, message: "half" }
      assert.deepStrictEqual(yield* next, { jsonrpc: "2.0", method: "notifications/progress", params })
      assert.strictEqual((yield* next).id, 2)
    }).pipe(Effect.scoped, Effect.provide(TestMcpServer({}, {}, kraken)))
  })

  it.effect("keeps the digits of ids and progress tokens that a double can't hold", () => {
    const kraken = Layer.mock(KrakenClient, {
      read: () => Effect.as(report({ progress: 1 }), time["public/Time"])
    })
    return Effect.gen(function* () {
      const { input, next, output } = yield* serve
      let text = ""
      output.on("data", (chunk: Buffer) => (text += String(chunk)))
      const params = `"params":{"name":"get_server_time","_meta":{"progressToken":9007199254740995}}`
      const call = `{"jsonrpc":"2.0","id":9007199254740993,"method":"tools/call",${params}}`
      input.write(`${call}\n[${call}]\n`)
      for (const _ of [1, 2, 3]) yield* next
      const digits = [...text.matchAll(/"(id|progressToken)":(\d+)/g)].map(([, name, digits]) => [name, digits])
      assert.deepStrictEqual(digits, [
        ["progressToken", "9007199254740995"],
        ["id", "9007199254740993"],
        ["id", "9007199254740993"]
      ])
    }).pipe(Effect.scoped, Effect.provide(TestMcpServer({}, {}, kraken)))
  })

  it.effect("cancels a call by an id that a double can't hold", () =>
    Effect.gen(function* () {
      const started = yield* Queue.unbounded<string>()
      const interrupted = yield* Queue.unbounded<string>()
      const kraken = Layer.mock(KrakenClient, {
        read: (endpoint) =>
          Queue.offer(started, endpoint).pipe(
            Effect.zipRight(Effect.never),
            Effect.onInterrupt(() => Queue.offer(interrupted, endpoint))
          )
      })
      yield* Effect.gen(function* () {
        const { input } = yield* serve
        const cancelled = (id: string) =>
          input.write(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":${id}}}\n`)
        const call = `"method":"tools/call","params":{"name":"get_server_time"}`
        for (const id of ["9007199254740992", "9007199254740993"]) input.write(`{"jsonrpc":"2.0","id":${id},${call}}\n`)
        yield* Queue.takeN(started, 2)
        cancelled("9007199254740993")
        yield* Queue.take(interrupted)
        assert.strictEqual(yield* Queue.size(interrupted), 0)
      }).pipe(Effect.provide(TestMcpServer({}, {}, kraken)))
    }).pipe(Effect.scoped)
  )

  it.effect("ends when its reader has closed the output", () =>
    Effect.gen(function* () {
      const { ended, output, send } = yield* serve
      output.destroy()
      send(callTime(1))
      yield* ended
    }).pipe(Effect.scoped, Effect.provide(server))
  )
})
