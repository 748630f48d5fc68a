import { assert, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Option, Queue } from "effect"
import { PassThrough } from "node:stream"
import { McpServer } from "../../../../src/layers/mcp/server/McpServer.ts"
import { McpServerEarly } from "../../../../src/layers/mcp/server/McpServerEarly.ts"
import { serveStdio } from "../../../../src/layers/mcp/stdio/serveStdio.ts"
import { TestConfig } from "../../../doubles/TestConfig.ts"
import { TestProduct } from "../../../doubles/TestMcp.ts"
import { linesOf } from "../stdio/jsonLines.ts"
import { Operated, testOperator } from "../../../doubles/TestPrincipal.ts"

const Early = Layer.provideMerge(McpServerEarly, TestConfig()).pipe(Layer.merge(Operated))

it.scoped("a server without its tools answers initialize, and keeps the rest until they are there", () =>
  Effect.gen(function* () {
    const { requestsExpected } = yield* McpServer
    const waiting = yield* Effect.fork(requestsExpected)
    const [input, output] = [new PassThrough(), new PassThrough()]
    const lines = yield* linesOf(output)
    yield* Effect.fork(serveStdio(input, output))
    const send = (message: object) => void input.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`)
    const initialize = (id: number) =>
      send({ id, method: "initialize", params: { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: {} } })

    initialize(1)
    assert.strictEqual((yield* Queue.take(lines)).result.protocolVersion, "2025-06-18")
    assert.isNull(waiting.unsafePoll())
    send({ method: "notifications/initialized" })
    yield* Fiber.join(waiting)

    for (const id of [2, 3]) send({ id, method: "tools/list" })
    send({ method: "notifications/cancelled", params: { requestId: 2 } })
    initialize(4)
    assert.strictEqual((yield* Queue.take(lines)).id, 4)
    yield* Layer.build(TestProduct())
    const answer = yield* Queue.take(lines)
    assert.strictEqual(answer.id, 3)
    assert.isAbove(answer.result.tools.length, 10)
    assert.strictEqual(yield* Queue.size(lines), 0)
  }).pipe(Effect.provide(Early))
)

it.scoped("a request that comes first calls for the tools too", () =>
  Effect.gen(function* () {
    const { answer, requestsExpected } = yield* McpServer
    const asking = { principal: testOperator, revision: "handshake", client: Option.none() } as const
    yield* Effect.fork(answer({ jsonrpc: "2.0", id: 1, method: "ping" }, asking))
    yield* requestsExpected
  }).pipe(Effect.provide(Early))
)
