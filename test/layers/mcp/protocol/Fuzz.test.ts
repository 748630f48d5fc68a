import { assert, describe, it } from "@effect/vitest"
import { Effect, Option, Runtime, Stream } from "effect"
import * as fc from "fast-check"
import { McpHttpHandler } from "../../../../src/layers/mcp/http/McpHttpHandler.ts"
import { runs } from "../../../Property.ts"
import { startAnswer, TestMcpHttpHandler } from "../../../doubles/TestMcp.ts"
import { testOperator } from "../../../doubles/TestPrincipal.ts"

const prefix = "io.modelcontextprotocol/"

/** Words with a meaning in the protocol, among others without one. */
const method = fc.oneof(
  fc.constantFrom(
    "initialize",
    "ping",
    "server/discover",
    "tools/list",
    "tools/call",
    "resources/read",
    "resources/list",
    "prompts/get",
    "completion/complete",
    "subscriptions/listen",
    "notifications/cancelled",
    "logging/setLevel",
    "__proto__",
    "constructor"
  ),
  fc.string()
)
const id = fc.oneof(
  fc.integer(),
  fc.string(),
  fc.constantFrom<unknown>(null, 1.5, true, 1e300, "x".repeat(100_000)),
  fc.object()
)
const name = fc.constantFrom("get_server_time", "add_order", "no_such_tool", "__proto__", "portfolio_review")
const meta = fc.record(
  {
    [`${prefix}protocolVersion`]: fc.constantFrom("2026-07-28", "2025-11-25", "9999-01-01", "", 7),
    [`${prefix}clientCapabilities`]: fc.constantFrom({}, null, []),
    progressToken: fc.oneof(fc.integer(), fc.string())
  },
  { requiredKeys: [] }
)
const params = fc.oneof(
  fc.jsonValue(),
  fc.record({ name, uri: fc.string(), arguments: fc.jsonValue(), _meta: meta }, { requiredKeys: [] }),
  fc.record({ _meta: meta })
)
const message = fc.record({ jsonrpc: fc.constantFrom("2.0", "1.0", 2), id, method, params }, { requiredKeys: [] })
const body = fc.oneof(
  fc.string(),
  fc.json(),
  message.map((one) => JSON.stringify(one)),
  fc.array(message, { maxLength: 5 }).map((many) => JSON.stringify(many)),
  fc.constantFrom(
    "[".repeat(100_000),
    `${"[".repeat(50_000)}${"]".repeat(50_000)}`,
    "",
    "\u0000",
    '{"a":'.repeat(20_000)
  )
)
const headers = fc.record(
  {
    "mcp-protocol-version": fc.oneof(fc.constantFrom("2026-07-28", "2025-11-25", "1999-01-01"), fc.string()),
    "mcp-method": method,
    "mcp-name": fc.oneof(name, fc.string(), fc.constant("=?base64?!!?=")),
    accept: fc.constantFrom("application/json", "text/event-stream", "*/*")
  },
  { requiredKeys: [] }
)

describe("the MCP handler", () => {
  it.effect("answers any input with a message, never with an internal error", () =>
    Effect.gen(function* () {
      const edge = yield* McpHttpHandler
      const run = Runtime.runPromise(yield* Effect.runtime())
      const answer = (body: string, headers: Record<string, string>) =>
        Effect.gen(function* () {
          const answer = yield* startAnswer(edge.post, { body, headers, principal: testOperator })
          if (answer._tag === "Json") return { status: answer.status, body: answer.body }
          return { status: 200, body: Option.getOrUndefined(yield* Stream.runHead(answer.events)) }
        })
      const property = fc.asyncProperty(body, headers, (body, headers) =>
        run(answer(body, headers)).then(({ body, status }) => {
          assert.isBelow(status, 500)
          if (body !== undefined && !body.startsWith("event:")) {
            const parsed: unknown = JSON.parse(body)
            for (const one of [parsed].flat()) assert.strictEqual(Object(one).jsonrpc, "2.0")
          }
        })
      )
      yield* Effect.promise(() => fc.assert(property, { numRuns: runs(2000) }))
    }).pipe(Effect.provide(TestMcpHttpHandler({ answers: { "public/Time": { unixtime: 1, rfc1123: "now" } } })))
  )
})
