import { Deferred, Effect, Fiber, Layer, Option, Queue, Runtime, Stream } from "effect"
import { McpHttpHandlerStreamable } from "../../src/layers/mcp/http/McpHttpHandlerStreamable.ts"
import { type McpHttpResponse, type McpHttpRequest, McpHttpHandler } from "../../src/layers/mcp/http/McpHttpHandler.ts"
import { connectSdk } from "../../src/layers/mcp/server/sdkServer.ts"
import { makeServer, McpServer } from "../../src/layers/mcp/server/McpServer.ts"
import type { ServerDefinition } from "../../src/layers/mcp/protocol/serverDefinition.ts"
import { McpServerSdk } from "../../src/layers/mcp/handlers/McpServerSdk.ts"
import { McpServerEarly } from "../../src/layers/mcp/server/McpServerEarly.ts"
import { RequestStateKeyMemory } from "../../src/layers/mcp/multiRoundTrip/RequestStateKeyMemory.ts"
import type { Config } from "../../src/services/Config.ts"
import { Principal } from "../../src/services/Principal.ts"
import { RateBudget } from "../../src/services/RateBudget.ts"
import { TestConfig } from "./TestConfig.ts"
import { TestKraken } from "./TestKraken.ts"
import { PolicyIntersecting } from "../../src/layers/access/PolicyIntersecting.ts"
import { testOperator, type TestPrincipal } from "./TestPrincipal.ts"

const TestBudget = Layer.mock(RateBudget, {
  remaining: Effect.succeed({ rest: { remaining: 15, maximum: 15, decayPerSecond: 0.33 } })
})

/** The tools, resources and prompts of the product, over mock layers of Kraken. A layer can replace some of them. */
export const TestProduct = (
  kraken: Parameters<typeof TestKraken>[0] = {},
  client: Layer.Layer<never> | undefined = undefined
) => {
  const services = client === undefined ? TestKraken(kraken) : Layer.merge(TestKraken(kraken), client)
  return McpServerSdk.pipe(
    Layer.provide(PolicyIntersecting),
    Layer.provide([services, TestBudget, RequestStateKeyMemory])
  )
}

/** The MCP server of the product, over the same layers. */
export const TestMcpServer = (
  kraken: Parameters<typeof TestKraken>[0] = {},
  config: Partial<typeof Config.Service> = {},
  client: Layer.Layer<never> | undefined = undefined
) => TestProduct(kraken, client).pipe(Layer.provideMerge(McpServerEarly), Layer.provideMerge(TestConfig(config)))

/** The HTTP handler of the product, over the same layers. */
export const TestMcpHttpHandler = (...options: Parameters<typeof TestMcpServer>) =>
  McpHttpHandlerStreamable.pipe(Layer.provideMerge(TestMcpServer(...options)))

/** Posts a message and reads the answer, JSON or events, as data. The caller is the operator by default. */
export const post = (body: unknown, headers: Record<string, string> = {}, caller?: TestPrincipal) =>
  Effect.gen(function* () {
    const handler = yield* McpHttpHandler
    const text = typeof body === "string" ? body : JSON.stringify(body)
    const principal = caller ?? Option.getOrElse(yield* Effect.serviceOption(Principal), () => testOperator)
    const answer = yield* startAnswer(handler.post, { headers, body: text, principal })
    if (answer._tag === "Events") return { status: 200, events: answer.events, body: undefined }
    return { status: answer.status, body: answer.body === undefined ? undefined : JSON.parse(answer.body) }
  })

/** The first part of an answer that a client sees: JSON, or an open stream of events. */
export type StartedAnswer =
  | Extract<McpHttpResponse, { readonly _tag: "Json" }>
  | { readonly _tag: "Events"; readonly events: Stream.Stream<string> }

/** Posts, and returns as soon as the client would see something. Interrupting it, or the events, cancels the call. */
export const startAnswer = (
  post: typeof McpHttpHandler.Service.post,
  request: Omit<McpHttpRequest, "emit" | "isBehind" | "addLogFields">
): Effect.Effect<StartedAnswer> =>
  Effect.gen(function* () {
    const events = yield* Queue.unbounded<Option.Option<string>>()
    const first = yield* Deferred.make<StartedAnswer>()
    const emit = (event: string) => {
      events.unsafeOffer(Option.some(event))
      Deferred.unsafeDone(
        first,
        Effect.sync(() => ({ _tag: "Events", events: stream }))
      )
    }
    const call = yield* Effect.forkDaemon(
      Effect.flatMap(post({ ...request, emit, isBehind: () => false, addLogFields: () => {} }), (answer) => {
        if (answer._tag === "Json") return Deferred.succeed(first, answer)
        emit(answer.text)
        return Queue.offer(events, Option.none())
      })
    )
    const stream = Stream.fromQueue(events).pipe(
      Stream.takeWhile(Option.isSome),
      Stream.map(({ value }) => value),
      Stream.ensuring(Fiber.interrupt(call))
    )
    return yield* Effect.onInterrupt(Deferred.await(first), () => Fiber.interrupt(call))
  })

const prefix = "io.modelcontextprotocol/"

/** Posts a request of revision 2026-07-28 with its headers. */
export const stateless = (
  method: string,
  params: { readonly [name: string]: unknown } = {},
  headers: Record<string, string> = {},
  caller?: TestPrincipal
) => {
  const { _meta, ...rest } = params
  const meta = {
    [`${prefix}protocolVersion`]: "2026-07-28",
    [`${prefix}clientCapabilities`]: {},
    [`${prefix}clientInfo`]: { name: "test", version: "0" },
    ...Object(_meta)
  }
  const name = rest["name"] ?? rest["uri"]
  return post(
    { jsonrpc: "2.0", id: 1, method, params: { ...rest, _meta: meta } },
    {
      "mcp-protocol-version": "2026-07-28",
      "mcp-method": method,
      ...(typeof name === "string" && { "mcp-name": name }),
      ...headers
    },
    caller
  )
}

/** Posts a request of a revision with a handshake. */
export const handshake = (method: string, params?: object) =>
  post({ jsonrpc: "2.0", id: 1, method, ...(params && { params }) }, { "mcp-protocol-version": "2025-11-25" })

/** A `fetch` for the SDK's clients that calls the handler, without a socket and a token. */
export const handlerFetch = Effect.gen(function* () {
  const handler = yield* McpHttpHandler
  const run = Runtime.runPromise(yield* Effect.runtime())
  return (_: unknown, { body, headers, method, signal }: RequestInit = {}): Promise<Response> => {
    if (method !== "POST") return Promise.resolve(new Response(null, { status: 405 }))
    const given = Object.fromEntries(new Headers(headers))
    return run(
      startAnswer(handler.post, { headers: given, body: String(body), principal: testOperator }),
      signal ? { signal } : {}
    ).then((answer) =>
      answer._tag === "Json"
        ? new Response(answer.body ?? null, {
            status: answer.status,
            headers: { "content-type": "application/json" }
          })
        : new Response(Stream.toReadableStream(Stream.encodeText(answer.events)), {
            headers: { "content-type": "text/event-stream" }
          })
    )
  }
})

/** Collects the messages of a stream of events in a queue. */
export const messagesIn = (events: Stream.Stream<string> | undefined) =>
  Effect.gen(function* () {
    const messages = yield* Queue.unbounded<ReturnType<typeof JSON.parse>>()
    const offer = (text: string) =>
      messages.offerAll([...text.matchAll(/data: (.+)/g)].map((match) => JSON.parse(match[1] ?? "")))
    yield* Effect.forkScoped(Stream.runForEach(events ?? Stream.empty, offer))
    return messages
  })

/** The HTTP handler over methods of a test. */
export const TestHttpDefinition = (methods: ServerDefinition<never>["methods"]) => {
  const about = { serverInfo: { name: "test", version: "0" }, capabilities: { tools: {} }, instructions: "" }
  const server = Layer.scoped(
    McpServer,
    Effect.tap(makeServer({ about }), (server) => connectSdk(server, { methods }))
  )
  return McpHttpHandlerStreamable.pipe(Layer.provideMerge(server), Layer.provideMerge(RequestStateKeyMemory))
}
