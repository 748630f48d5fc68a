import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Option, Queue, TestClock } from "effect"
import { PassThrough } from "node:stream"
import { serveStdio } from "../../../../src/layers/mcp/stdio/serveStdio.ts"
import { InputRequired } from "../../../../src/layers/mcp/protocol/InputRequired.ts"
import type { Call } from "../../../../src/layers/mcp/protocol/serverDefinition.ts"
import { linesOf } from "../stdio/jsonLines.ts"
import { messagesIn, stateless, post, TestHttpDefinition } from "../../../doubles/TestMcp.ts"
import { bearerOf, testOperator, type TestPrincipal } from "../../../doubles/TestPrincipal.ts"
import { Principal } from "../../../../src/services/Principal.ts"

const form = {
  message: "Buy 1 BTC for 60000 USD?",
  requestedSchema: { type: "object", properties: { sure: { type: "boolean" } }, required: ["sure"] }
} as const

/** Asks for a form, unless the caller has answered it or can't. */
const ask = Effect.fnUntraced(function* ({ answers, client, state }: Call) {
  if (!Option.exists(client, (client) => "elicitation" in client)) return "can't ask"
  const { action } = Option.contains(state, "asked") ? Object(answers["confirm"]) : {}
  if (action !== undefined) return action === "accept" ? "bought" : "left alone"
  return yield* new InputRequired({
    questions: { confirm: { method: "elicitation/create", params: { mode: "form", ...form } } },
    state: "asked"
  })
})

/** A tool that asks before it acts, and one that asks for a capability that no client here has. */
const edge = TestHttpDefinition({
  "tools/call": Effect.fnUntraced(function* ({ name }, call) {
    if (name === "sample") {
      return yield* new InputRequired({ questions: { q: { method: "sampling/createMessage", params: {} } } })
    }
    return { content: [{ type: "text", text: yield* ask(call) }] }
  })
})

const elicits = { "io.modelcontextprotocol/clientCapabilities": { elicitation: {} } }
const accept = { inputResponses: { confirm: { action: "accept", content: { sure: true } } } }

const buy = (more: object = {}, caller?: TestPrincipal) =>
  stateless("tools/call", { name: "buy", arguments: { volume: "1" }, _meta: elicits, ...more }, {}, caller)

describe("a call of revision 2026-07-28 that asks its user", () => {
  it.effect("returns questions, and runs when it is sent again with the answers", () =>
    Effect.gen(function* () {
      const first = (yield* buy()).body.result
      assert.strictEqual(first.resultType, "input_required")
      assert.deepStrictEqual(first.inputRequests, {
        confirm: { method: "elicitation/create", params: { mode: "form", ...form } }
      })
      const { requestState } = first
      const second = (yield* buy({ ...accept, requestState })).body.result
      assert.deepStrictEqual([second.resultType, second.content[0].text], ["complete", "bought"])
      const declined = { inputResponses: { confirm: { action: "decline" } } }
      const again = (yield* buy()).body.result
      const left = (yield* buy({ ...declined, requestState: again.requestState })).body.result
      assert.strictEqual(left.content[0].text, "left alone")
    }).pipe(Effect.provide(edge))
  )

  it.effect("ignores an answer to a question that was not asked", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* buy(accept)).body.result.resultType, "input_required")
    }).pipe(Effect.provide(edge))
  )

  it.effect("accepts an answer from its caller, for its arguments, in time, and once", () =>
    Effect.gen(function* () {
      const stateOf = Effect.map(buy(), ({ body }) => body.result.requestState as string)
      const refused = (more: object, caller?: TestPrincipal) =>
        Effect.map(buy({ ...accept, ...more }, caller), ({ body, status }) => {
          assert.deepStrictEqual([status, body.error?.code], [400, -32602])
          assert.include(body.error.message, "requestState")
        })

      const requestState = yield* stateOf
      yield* refused({ requestState }, bearerOf("0123456789ab"))
      yield* refused({ requestState, arguments: { volume: "100" } })
      yield* refused({ requestState, name: "sell" })
      for (const changed of [`${requestState}A`, requestState.slice(1), "", "nonsense"]) {
        yield* refused({ requestState: changed })
      }
      // None of these has marked the state as used.
      assert.strictEqual((yield* buy({ ...accept, requestState })).status, 200)
      yield* refused({ requestState })

      const late = yield* stateOf
      yield* TestClock.adjust("10 minutes")
      yield* refused({ requestState: late })
    }).pipe(Effect.provide(edge))
  )

  it.effect("refuses answers of the wrong shape", () =>
    Effect.gen(function* () {
      for (const inputResponses of [[7], 7, { confirm: 7 }]) {
        const { body, status } = yield* buy({ inputResponses })
        assert.deepStrictEqual([status, body.error.code], [400, -32602])
      }
      const empty = { inputResponses: { confirm: { action: "accept" } }, requestState: undefined }
      assert.strictEqual((yield* buy(empty)).body.result.resultType, "input_required")
    }).pipe(Effect.provide(edge))
  )

  it.effect("runs without an answer if the client can't ask, and fails if it needs one", () =>
    Effect.gen(function* () {
      const mute = yield* stateless("tools/call", { name: "buy" })
      assert.strictEqual(mute.body.result.content[0].text, "can't ask")
      const older = yield* post({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "buy" } })
      assert.strictEqual(older.body.result.content[0].text, "can't ask")
      const sample = yield* stateless("tools/call", { name: "sample", _meta: elicits })
      assert.deepStrictEqual([sample.status, sample.body.error.code], [400, -32021])
      assert.deepStrictEqual(sample.body.error.data, { requiredCapabilities: { sampling: {} } })
    }).pipe(Effect.provide(edge))
  )
})

const initialize = {
  jsonrpc: "2.0",
  id: 0,
  method: "initialize",
  params: {
    protocolVersion: "2025-11-25",
    capabilities: { elicitation: {} },
    clientInfo: { name: "test", version: "0" }
  }
}
const call = { jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "buy" } }

describe("a call of an older revision that asks its user", () => {
  it.effect("is answered during the call, over stdio", () =>
    Effect.gen(function* () {
      const [input, output] = [new PassThrough(), new PassThrough()]
      const lines = yield* linesOf(output)
      const send = (message: object) => void input.write(`${JSON.stringify(message)}\n`)
      const served = yield* Effect.fork(Effect.provideService(serveStdio(input, output), Principal, testOperator))
      send(initialize)
      yield* Queue.take(lines)
      send(call)
      const question = yield* Queue.take(lines)
      assert.strictEqual(question.method, "elicitation/create")
      send({ jsonrpc: "2.0", id: "another", result: { action: "decline" } })
      send({ jsonrpc: "2.0", id: question.id, result: { action: "accept", content: { sure: true } } })
      const answer = yield* Queue.take(lines)
      assert.deepStrictEqual([answer.id, answer.result.content[0].text], [1, "bought"])
      send({ ...call, id: 2 })
      yield* Queue.take(lines)
      input.end()
      const ended = yield* Queue.take(lines)
      assert.deepStrictEqual([ended.id, ended.error.code], [2, -32000])
      yield* Fiber.join(served)
    }).pipe(Effect.scoped, Effect.provide(edge))
  )

  const askOf = TestHttpDefinition({
    "tools/call": (_, { request }) =>
      Effect.gen(function* () {
        if (Option.isNone(request)) return { content: [{ type: "text", text: "no way" }] }
        const reply = yield* request.value({ method: "elicitation/create", params: form })
        return { content: [{ type: "text", text: Object(reply).action }] }
      })
  })

  it.effect("is answered over HTTP only by the caller that was asked", () =>
    Effect.gen(function* () {
      const owner = bearerOf("owner0000000")
      const { events } = yield* post(call, { accept: "application/json, text/event-stream" }, owner)
      const seen = yield* messagesIn(events)
      const { id, method } = yield* Queue.take(seen)
      assert.strictEqual(method, "elicitation/create")
      const reply = (action: string) => ({ jsonrpc: "2.0", id, result: { action } })
      yield* post(reply("decline"), {}, bearerOf("stranger0000"))
      assert.strictEqual((yield* post(reply("accept"), {}, owner)).status, 202)
      assert.strictEqual((yield* Queue.take(seen)).result.content[0].text, "accept")
      const deaf = yield* post(call, { accept: "application/json" }, owner)
      assert.strictEqual(deaf.body.result.content[0].text, "no way")
    }).pipe(Effect.scoped, Effect.provide(askOf))
  )
})
