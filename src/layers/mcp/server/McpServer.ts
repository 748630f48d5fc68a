import { Context, Deferred, Effect } from "effect"
import { PendingQuestions } from "../multiRoundTrip/pendingQuestions.ts"
import type { RequestHandler, ServerDefinition } from "../protocol/serverDefinition.ts"

/** What the edges see of the server: what it says of itself, and where requests go. */
export class McpServer extends Context.Tag("mcp-kraken/layers/mcp/server/McpServer")<
  McpServer,
  {
    readonly surface: Pick<ServerDefinition<never>, "about" | "mirrored">
    readonly questions: PendingQuestions
    readonly answer: RequestHandler
    /** Puts behind `answer` what carries requests out. */
    readonly serve: (answer: RequestHandler) => Effect.Effect<void>
    /** Says that requests are about to come. */
    readonly want: () => void
    /** Ends as soon as requests come, or are about to. */
    readonly wanted: Effect.Effect<void>
  }
>() {}

/** A server that can say what it is; requests wait until there is something that serves them. */
export const makeServer = (surface: (typeof McpServer.Service)["surface"]): Effect.Effect<typeof McpServer.Service> =>
  Effect.gen(function* () {
    const wanted = yield* Deferred.make<void>()
    const serving = yield* Deferred.make<RequestHandler>()
    let served: RequestHandler | undefined
    const want = () => Deferred.unsafeDone(wanted, Effect.void)
    return {
      surface,
      questions: new PendingQuestions(),
      answer: (request, asking) =>
        Effect.suspend(() => {
          if (served !== undefined) return served(request, asking)
          want()
          return Effect.flatMap(Deferred.await(serving), (answer) => answer(request, asking))
        }),
      serve: (answer) =>
        Effect.suspend(() => {
          served = answer
          return Effect.asVoid(Deferred.succeed(serving, answer))
        }),
      want,
      wanted: Deferred.await(wanted)
    }
  })
