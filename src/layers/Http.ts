import * as HttpMiddleware from "@effect/platform/HttpMiddleware"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as NodeHttpServerRequest from "@effect/platform-node/NodeHttpServerRequest"
import { Clock, Context, Effect, Layer, Option, Stream } from "effect"
import type { Caller } from "../services/CallFacts.ts"
import { Config } from "../services/Config.ts"
import { TokenStore } from "../services/TokenStore.ts"
import { readBody } from "./http/body.ts"
import { credential, printable } from "./http/credential.ts"
import { guard } from "./http/guard.ts"
import { listen } from "./http/listen.ts"
import * as Reply from "./http/Reply.ts"
import { makeThrottle } from "./http/throttle.ts"
import { McpEdge } from "./mcp/Edge.ts"

/** A server that listens. */
export class Listening extends Context.Tag("mcp-kraken/layers/Http/Listening")<
  Listening,
  { readonly port: number }
>() {}

/** Serves MCP over HTTP to bearers of a token, and the health check to anybody, until the scope ends. */
export const Http = Layer.scoped(
  Listening,
  Effect.gen(function* () {
    const config = yield* Config
    const edge = yield* McpEdge
    const authenticate = yield* makeAuthenticate
    const refuse = guard(config)
    const paths = new Set([config.path, `${config.path}/`])

    const mcp = Effect.fnUntraced(
      function* (request: HttpServerRequest.HttpServerRequest, entrance: Entrance) {
        const { headers, method } = request
        const reason = refuse(headers["origin"], headers["host"])
        if (reason !== undefined) return Reply.forbidden(reason)
        if (!paths.has(entrance.path)) return Reply.notFound
        const caller = yield* authenticate(
          entrance,
          Option.getOrElse(request.remoteAddress, () => "")
        )
        if (HttpServerResponse.isServerResponse(caller)) return caller
        if (method !== "POST") return Reply.methodNotAllowed
        if (!/^application\/json\b/i.test(headers["content-type"] ?? "")) return Reply.unsupportedMediaType
        const body = yield* readBody(NodeHttpServerRequest.toIncomingMessage(request))
        const answer = yield* edge.post({ headers, body, caller })
        return answer._tag === "Json"
          ? Reply.json(answer.status, answer.body)
          : HttpServerResponse.stream(Stream.encodeText(answer.events), { headers: Reply.eventStream })
      },
      Effect.catchTags({
        BodyTooLarge: () => Effect.succeed(Reply.tooLarge),
        BodyIncomplete: () => Effect.succeed(Reply.badRequest),
        TokenStoreError: (error) => Effect.as(Effect.logError(error), Reply.internal)
      })
    )

    const server = yield* listen(edge.endListening)
    const app = Effect.gen(function* () {
      const request = yield* HttpServerRequest.HttpServerRequest
      const started = yield* Clock.currentTimeMillis
      const { token, url } = credential(request.headers["authorization"], request.originalUrl, config.queryToken)
      const path = url.split("?", 1)[0] ?? ""
      if (path === "/health") return Reply.healthy
      const response = server.draining() ? Reply.stopping : yield* mcp(request, { token, path })
      const ms = (yield* Clock.currentTimeMillis) - started
      yield* Effect.logInfo("request").pipe(
        Effect.annotateLogs({ method: request.method, path: printable(url), status: response.status, ms })
      )
      return response
    })
    // A span for each request would hold its URL and cost more than the rest of the way; nothing collects them.
    const handler = NodeHttpServer.makeHandler(Effect.interruptible(app))
    yield* server.serve(yield* Effect.locally(handler, HttpMiddleware.currentTracerDisabledWhen, () => true))
    return { port: server.port }
  })
)

/** What a request came with, before anything else looks at it. */
interface Entrance {
  readonly token: ReturnType<typeof credential>["token"]
  readonly path: string
}

/** From a credential to the caller, or to the answer that turns it away. */
const makeAuthenticate = Effect.gen(function* () {
  const { authDisabled } = yield* Config
  const tokens = yield* TokenStore
  const throttle = makeThrottle()
  const local: Caller = { _tag: "Local" }
  return Effect.fnUntraced(function* ({ token }: Entrance, address: string) {
    if (authDisabled) return local
    if (Option.isNone(token)) return Reply.noCredentials
    const known = yield* tokens.verify(token.value)
    if (Option.isSome(known)) return { _tag: "Token", id: known.value.id } satisfies Caller
    const seconds = yield* throttle.failed(address)
    return seconds === 0 ? Reply.invalidToken : Reply.tooManyFailures(seconds)
  })
})
