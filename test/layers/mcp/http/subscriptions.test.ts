import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, PubSub, Stream, TestClock } from "effect"
import { McpHttpHandler } from "../../../../src/layers/mcp/http/McpHttpHandler.ts"
import { McpHttpHandlerStreamable } from "../../../../src/layers/mcp/http/McpHttpHandlerStreamable.ts"
import { ProtocolError, resourceNotFound } from "../../../../src/layers/mcp/protocol/ProtocolError.ts"
import type { Watch } from "../../../../src/layers/mcp/protocol/serverDefinition.ts"
import { connectSdk } from "../../../../src/layers/mcp/server/sdkServer.ts"
import { makeServer, McpServer } from "../../../../src/layers/mcp/server/McpServer.ts"
import { RequestStateKeyMemory } from "../../../../src/layers/mcp/multiRoundTrip/RequestStateKeyMemory.ts"
import { messagesIn, post, startAnswer, stateless } from "../../../doubles/TestMcp.ts"
import { bearerOf, type TestPrincipal } from "../../../doubles/TestPrincipal.ts"

const [alice, bob] = [bearerOf("alice"), bearerOf("bob")]

/** Resources `known:…` of a test, which all change together, and the number of those that are watched. */
const make = Effect.gen(function* () {
  const changes = yield* PubSub.sliding<number>({ capacity: 1, replay: 1 })
  const state = { version: 0, watched: 0 }
  const change = Effect.suspend(() => PubSub.publish(changes, state.version++))
  yield* change
  const watch: Watch = (uri) =>
    uri.startsWith("known:")
      ? Effect.succeed({
          forEachChange: (use) =>
            Effect.acquireUseRelease(
              Effect.sync(() => state.watched++),
              () => Stream.runForEachWhile(Stream.fromPubSub(changes), use),
              () => Effect.sync(() => state.watched--)
            ),
          check: Effect.succeed("allowed")
        })
      : new ProtocolError({ code: resourceNotFound, message: "There is none", data: { uri } })
  const about = {
    serverInfo: { name: "test", version: "0" },
    capabilities: { resources: { subscribe: true } },
    instructions: ""
  }
  const server = Layer.scoped(
    McpServer,
    Effect.tap(makeServer({ about }), (server) =>
      Effect.zipRight(server.serveWatch(watch), connectSdk(server, { methods: {} }))
    )
  )
  const layer = McpHttpHandlerStreamable.pipe(Layer.provide(server), Layer.provide(RequestStateKeyMemory))
  return { change, state, layer }
})

const request = (method: string, params: object, session: string | undefined, caller: TestPrincipal = alice) =>
  post(
    { jsonrpc: "2.0", id: 1, method, params },
    { "mcp-protocol-version": "2025-11-25", ...(session !== undefined && { "mcp-session-id": session }) },
    caller
  )

const subscribe = (uri: unknown, session?: string, caller?: TestPrincipal) =>
  request("resources/subscribe", { uri }, session, caller)

/** Opens the stream of a session, and returns its messages. */
const open = (session: string, principal: TestPrincipal = alice) =>
  Effect.gen(function* () {
    const { get } = yield* McpHttpHandler
    const answer = yield* startAnswer(
      (request) =>
        Effect.map(get(request), (answer) => (answer._tag === "NoSession" ? { _tag: "Json", status: 405 } : answer)),
      { headers: { "mcp-session-id": session, accept: "text/event-stream" }, body: "", principal }
    )
    assert.strictEqual(answer._tag, "Events")
    return yield* messagesIn(answer._tag === "Events" ? answer.events : undefined)
  })

/** Runs a test over resources of its own. */
const run = <A, E, R>(
  test: (made: Effect.Effect.Success<typeof make>) => Effect.Effect<A, E, R>
): Effect.Effect<A, E, Exclude<R, McpHttpHandler>> =>
  Effect.flatMap(make, (made) => Effect.provide(test(made), made.layer)) as Effect.Effect<
    A,
    E,
    Exclude<R, McpHttpHandler>
  >

/** Lets all fibers go on for a second. */
const second = Effect.repeatN(TestClock.adjust("100 millis"), 9)

describe("a session of the revisions before 2026-07-28", () => {
  it.effect("begins with initialize, and tells of changes on its stream only", () =>
    run(({ change }) =>
      Effect.gen(function* () {
        const { post } = yield* McpHttpHandler
        const initialize = {
          jsonrpc: "2.0",
          id: 1,
          method: "initialize",
          params: { protocolVersion: "2025-11-25", capabilities: {} }
        }
        const answer = yield* startAnswer(post, { headers: {}, body: JSON.stringify(initialize), principal: alice })
        const session = answer._tag === "Json" ? (answer.session ?? "") : ""
        assert.match(session, /^[0-9a-f-]{36}$/)
        const [mine, other, bobs] = [yield* open(session), yield* open("other"), yield* open(session, bob)]
        const { body } = yield* subscribe("known:a", session)
        assert.deepStrictEqual(body, { jsonrpc: "2.0", id: 1, result: {} })
        yield* change
        yield* second
        assert.deepStrictEqual(yield* mine.take, {
          jsonrpc: "2.0",
          method: "notifications/resources/updated",
          params: { uri: "known:a" }
        })
        for (const messages of [mine, other, bobs]) assert.strictEqual(yield* messages.size, 0)
      })
    ).pipe(Effect.scoped)
  )

  it.effect("refuses what is unknown or malformed in words", () =>
    run(() =>
      Effect.gen(function* () {
        const without = yield* subscribe("known:a")
        assert.deepStrictEqual([without.status, without.body.error.code], [400, -32000])
        const unknown = yield* subscribe("nothing:a", "s")
        assert.deepStrictEqual([unknown.status, unknown.body.error.code], [200, -32002])
        for (const uri of [undefined, null, 1, ["known:a"]]) {
          assert.strictEqual((yield* subscribe(uri, "s")).body.error.code, -32602)
        }
        assert.deepStrictEqual((yield* request("resources/unsubscribe", { uri: "known:b" }, "s")).body.result, {})
      })
    )
  )

  it.effect("keeps its subscriptions for 30 s without a stream, and tells then what has changed", () =>
    run(({ change, state }) =>
      Effect.gen(function* () {
        yield* subscribe("known:a", "s")
        yield* TestClock.adjust("20 seconds")
        yield* change
        const messages = yield* open("s")
        yield* second
        assert.strictEqual((yield* messages.take).params.uri, "known:a")
        assert.strictEqual(state.watched, 1)
        yield* subscribe("known:a", "never opened")
        assert.strictEqual(state.watched, 2)
        yield* TestClock.adjust("31 seconds")
        assert.strictEqual(state.watched, 1)
      })
    ).pipe(Effect.scoped)
  )

  it.effect("that its client ends is not known any more, and that of another caller is", () =>
    run(({ state }) =>
      Effect.gen(function* () {
        const { end } = yield* McpHttpHandler
        yield* subscribe("known:a", "s")
        yield* subscribe("known:a", "s", bob)
        yield* end({ headers: { "mcp-session-id": "s" }, principal: alice })
        assert.strictEqual(state.watched, 1)
        assert.strictEqual((yield* subscribe("known:a", "s")).status, 404)
        assert.strictEqual((yield* request("ping", {}, "s")).status, 404)
        assert.strictEqual((yield* request("ping", {}, "s", bob)).status, 200)
      })
    )
  )

  it.effect("is one of at most 50 of its caller", () =>
    run(() =>
      Effect.gen(function* () {
        for (let n = 0; n < 50; n++) yield* request("resources/unsubscribe", { uri: "known:a" }, `s${n}`)
        const { body } = yield* subscribe("known:a", "one more")
        assert.strictEqual(body.error.code, -32000)
        assert.deepStrictEqual((yield* subscribe("known:a", "one more", bob)).body.result, {})
      })
    )
  )
})

describe("a stream of 2026-07-28", () => {
  const listen = (resourceSubscriptions: unknown, caller: TestPrincipal = alice) =>
    stateless("subscriptions/listen", { notifications: { resourceSubscriptions } }, {}, caller)

  it.effect("names what it watches first, with the reasons for the rest, and then tells of changes", () =>
    run(({ change, state }) =>
      Effect.gen(function* () {
        const messages = yield* messagesIn((yield* listen(["known:a", "nothing:a", "known:a"])).events)
        const [{ params }] = yield* Effect.all([messages.take])
        assert.deepStrictEqual(params, {
          notifications: { resourceSubscriptions: ["known:a"] },
          _meta: {
            "io.modelcontextprotocol/subscriptionId": 1,
            "mcp-kraken/refused": [{ uri: "nothing:a", message: "There is none" }]
          }
        })
        yield* change
        yield* second
        assert.deepStrictEqual((yield* messages.take).params, {
          uri: "known:a",
          _meta: { "io.modelcontextprotocol/subscriptionId": 1 }
        })
        assert.strictEqual(state.watched, 1)
      }).pipe(Effect.scoped, Effect.zipRight(Effect.sync(() => assert.strictEqual(state.watched, 0))))
    )
  )

  it.effect("is refused in words if nothing can be watched, or more than 50 streams are open", () =>
    run(() =>
      Effect.gen(function* () {
        const unknown = yield* listen(["nothing:a"])
        assert.deepStrictEqual([unknown.status, unknown.body.error.code], [400, -32602])
        for (const wrong of ["known:a", [1], { 0: "known:a" }]) {
          const { body, status } = yield* listen(wrong)
          assert.deepStrictEqual([status, body.error.code], [400, -32602])
        }
        yield* Effect.replicateEffect(
          Effect.flatMap(listen([]), ({ events }) => messagesIn(events)),
          50,
          { discard: true }
        )
        const more = yield* listen([])
        assert.deepStrictEqual([more.status, more.body.error.code], [429, -32000])
        assert.isUndefined((yield* listen([], bob)).body)
      })
    ).pipe(Effect.scoped)
  )

  it.effect("with 1,000 resources watches 50", () =>
    run(({ state }) =>
      Effect.gen(function* () {
        const uris = Array.from({ length: 1000 }, (_, n) => `known:${n}`)
        const messages = yield* messagesIn((yield* listen(uris)).events)
        assert.lengthOf((yield* messages.take).params.notifications.resourceSubscriptions, 50)
        assert.strictEqual(state.watched, 50)
      })
    ).pipe(Effect.scoped)
  )
})
