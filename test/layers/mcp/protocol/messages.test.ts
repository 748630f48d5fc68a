import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { McpHttpHandler } from "../../../../src/layers/mcp/http/McpHttpHandler.ts"
import { startAnswer, TestMcpHttpHandler } from "../../../doubles/TestMcp.ts"
import { testOperator } from "../../../doubles/TestPrincipal.ts"

const time = { "public/Time": { unixtime: 1, rfc1123: "now" } }
const prefix = "io.modelcontextprotocol/"
const envelope = `"_meta":{"${prefix}protocolVersion":"2026-07-28","${prefix}clientCapabilities":{}}`

/** Posts a text, and returns the text of the answer. */
const postText = (body: string, headers: Record<string, string> = {}) =>
  Effect.gen(function* () {
    const { post } = yield* McpHttpHandler
    const answer = yield* startAnswer(post, { headers, body, principal: testOperator })
    return answer._tag === "Events" ? yield* Stream.mkString(answer.events) : (answer.body ?? "")
  })

const callTime = (id: string, more = "") =>
  `{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":{"name":"get_server_time"${more}}}`

const stateless = { "mcp-protocol-version": "2026-07-28", "mcp-method": "tools/call", "mcp-name": "get_server_time" }

/** Ids that a double changes, the largest one that it holds, and others. */
const ids = ["9007199254740993", "-12345678901234567890", "9007199254740991", "0", '"9007199254740993"']

describe("the id of a request", () => {
  it.effect("is that of its answer, whatever its size, in every revision and for every method", () =>
    Effect.gen(function* () {
      for (const id of ids) {
        const answers = [
          yield* postText(callTime(id)),
          yield* postText(callTime(id, `,${envelope}`), stateless),
          yield* postText(`{"jsonrpc":"2.0","id":${id},"method":"tools/list"}`),
          yield* postText(`{"jsonrpc":"2.0","id":${id},"method":"initialize","params":{}}`),
          yield* postText(`{"jsonrpc":"2.0","id":${id},"method":"ping"}`),
          yield* postText(`{"jsonrpc":"2.0","id":${id},"method":"no/such"}`),
          yield* postText(`{"jsonrpc":"2.0","id":${id},"method":7}`),
          yield* postText(`{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":7}`)
        ]
        for (const answer of answers) assert.match(answer, new RegExp(`"id":${id}[,}]`))
      }
    }).pipe(Effect.provide(TestMcpHttpHandler({ answers: time })))
  )

  it.effect("is that of its answer in a batch too", () =>
    Effect.gen(function* () {
      const answer = yield* postText(`[${ids.map((id) => callTime(id)).join(",")}]`)
      assert.deepStrictEqual(
        Array.from(answer.matchAll(/"id":("?-?\d+"?)/g), ([, id]) => id),
        ids
      )
    }).pipe(Effect.provide(TestMcpHttpHandler({ answers: time })))
  )

  it.effect("is refused if it is no whole number", () =>
    Effect.gen(function* () {
      for (const id of ["1.5", "9007199254740993.5", "1e400", "9".repeat(41), "{}", "true"]) {
        const { error } = JSON.parse(yield* postText(callTime(id)))
        assert.strictEqual(error.code, -32600, id)
      }
    }).pipe(Effect.provide(TestMcpHttpHandler({ answers: time })))
  )

  it.effect("that is long is no reason to take a long number of an argument", () =>
    Effect.gen(function* () {
      const body = callTime("9007199254740993", ',"arguments":{"x":1616492376594123457}')
      const { result } = JSON.parse(yield* postText(body))
      assert.include(result.content[0].text, "x: write it in quotes")
      assert.include(result.content[0].text, "1616492376594123457")
    }).pipe(Effect.provide(TestMcpHttpHandler({ answers: time })))
  )
})

describe("arguments", () => {
  const call = (given: string) =>
    Effect.map(postText(callTime("1", `,"arguments":${given}`)), (text) => JSON.parse(text))

  it.effect("are understood as the JSON text of an object", () =>
    Effect.gen(function* () {
      for (const given of ["{}", " {} ", ""]) {
        const { result } = yield* call(JSON.stringify(given))
        assert.deepStrictEqual(
          result.structuredContent,
          { time: "1970-01-01T00:00:01Z", unixtime: 1, rfc1123: "now" },
          given
        )
      }
      for (const given of ["[]", "7", "{", "hello", "null", '"{}"']) {
        const { error } = yield* call(JSON.stringify(given))
        assert.strictEqual(error.code, -32602, given)
      }
    }).pipe(Effect.provide(TestMcpHttpHandler({ answers: time })))
  )

  it.effect("as text keep the digits of their numbers, and are refused if a double does not", () =>
    Effect.gen(function* () {
      const { result } = yield* call(JSON.stringify('{"since":1616492376594123457}'))
      assert.include(result.content[0].text, "1616492376594123457")
    }).pipe(Effect.provide(TestMcpHttpHandler({ answers: time })))
  )
})
