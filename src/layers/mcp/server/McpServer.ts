import { Context, Deferred, Effect } from "effect"
import { PendingQuestions } from "../multiRoundTrip/pendingQuestions.ts"
import type { RequestHandler, ServerDefinition, Watch } from "../protocol/serverDefinition.ts"

/** The server as its transports use it: its description, and the handler of requests. */
export class McpServer extends Context.Tag("mcp-kraken/layers/mcp/server/McpServer")<
  McpServer,
  {
    readonly definition: Pick<ServerDefinition<never>, "about" | "mirrored">
    readonly questions: PendingQuestions
    /** Answers a request. Waits for `serve` first. */
    readonly answer: RequestHandler
    /** Sets the handler that answers requests from now on, and those that wait. */
    readonly serve: (answer: RequestHandler) => Effect.Effect<void>
    /** Watches a resource. Waits for `serveWatch` first. */
    readonly watch: Watch
    /** Sets the way to watch resources. */
    readonly serveWatch: (watch: Watch) => Effect.Effect<void>
    /** Announces that requests will follow soon. */
    readonly expectRequests: () => void
    /** Completes when the first request comes or is announced. */
    readonly requestsExpected: Effect.Effect<void>
  }
>() {}

/** Makes a server that can describe itself at once. Requests wait until `serve` gives it a handler. */
export const makeServer = Effect.fnUntraced(function* (definition: (typeof McpServer.Service)["definition"]) {
  const expected = yield* Deferred.make<void>()
  const serving = yield* Deferred.make<RequestHandler>()
  const watching = yield* Deferred.make<Watch>()
  let handler: RequestHandler | undefined
  const expectRequests = () => Deferred.unsafeDone(expected, Effect.void)
  return McpServer.of({
    definition,
    questions: new PendingQuestions(),
    answer: (request, context) =>
      Effect.suspend(() => {
        if (handler !== undefined) return handler(request, context)
        expectRequests()
        return Effect.flatMap(Deferred.await(serving), (answer) => answer(request, context))
      }),
    serve: (answer) =>
      Effect.suspend(() => {
        handler = answer
        return Effect.asVoid(Deferred.succeed(serving, answer))
      }),
    watch: (uri, principal) =>
      Effect.suspend(() => {
        expectRequests()
        return Effect.flatMap(Deferred.await(watching), (watch) => watch(uri, principal))
      }),
    serveWatch: (watch) => Effect.asVoid(Deferred.succeed(watching, watch)),
    expectRequests,
    requestsExpected: Deferred.await(expected)
  })
})
