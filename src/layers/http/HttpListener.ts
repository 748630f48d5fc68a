import { Cause, Context, Effect, Exit, FiberId, Layer, Option, Runtime } from "effect"
import type { IncomingMessage, ServerResponse } from "node:http"
import { Config } from "../../services/Config.ts"
import { type TokenForPaper, TokenStore } from "../../services/TokenStore.ts"
import { bearer, operator } from "../access/principals.ts"
import { readBody } from "./body.ts"
import { type Credential, credential } from "./credential.ts"
import { makeEmit } from "./events.ts"
import { makeHostPolicy, makeIsListed } from "./hostPolicy.ts"
import { type AccessLogEntry, makeAccessLogEntry } from "./accessLog.ts"
import { listen } from "./listen.ts"
import * as Reply from "./reply.ts"
import { makeThrottle } from "./throttle.ts"
import { McpHttpHandler } from "../mcp/http/McpHttpHandler.ts"

/** A server that listens. */
export class Listening extends Context.Tag("mcp-kraken/layers/http/HttpListener/Listening")<
  Listening,
  {
    readonly port: number
    /** Counts the requests that are being answered, without those that clients have left. */
    readonly running: () => number
  }
>() {}

/**
 * Serves MCP over HTTP to bearers of a token, and the health check to anybody, until the scope ends. Node's own requests
 * and responses go straight to one fiber each: most of what a call costs would be whatever stood between.
 */
export const HttpListener = Layer.scoped(
  Listening,
  Effect.gen(function* () {
    const config = yield* Config
    const edge = yield* McpHttpHandler
    const authenticate = yield* makeAuthenticate
    const untilRefused = yield* makeUntilRefused
    const refuse = makeHostPolicy(config)
    const isListed = makeIsListed(config)
    const paths = new Set([config.path, `${config.path}/`])
    const run = Runtime.runFork(yield* Effect.runtime())
    const server = yield* listen(edge.endListening)

    const mcp = Effect.fnUntraced(
      function* (request: IncomingMessage, response: ServerResponse, { leave, line, page, path, token }: Entrance) {
        const { headers, method } = request
        const reason = refuse(headers.origin, headers.host)
        if (reason !== undefined) return Reply.forbidden(reason)
        if (!paths.has(path)) return Reply.notFound
        // Browsers ask without the token whether they may send it.
        if (method === "OPTIONS" && page && headers["access-control-request-method"]) return Reply.preflight
        const principal = yield* authenticate(token, request.socket.remoteAddress ?? "", line)
        if ("status" in principal) return principal
        line.addFields({ caller: principal.caller.id })
        if (method !== "POST") return Reply.methodNotAllowed
        if (!/^application\/json\b/i.test(headers["content-type"] ?? "")) return Reply.unsupportedMediaType
        if ((headers["content-encoding"] ?? "identity") !== "identity") return Reply.compressed
        const body = yield* readBody(request)
        const answer = yield* edge.post({
          headers,
          body,
          principal,
          emit: makeEmit(response, run, () => Effect.zipRight(untilRefused(token), leave)),
          addLogFields: line.addFields
        })
        return answer._tag === "Json" ? Reply.json(answer.status, answer.body) : Reply.lastEvent(answer.text)
      },
      Effect.catchTags({
        BodyTooLarge: () => Effect.succeed(Reply.tooLarge),
        BodyIncomplete: () => Effect.succeed(Reply.badRequest),
        TokenStoreError: (error) => Effect.as(Effect.logError(error), Reply.internal)
      }),
      Effect.catchAllDefect((defect) => Effect.as(Effect.logError("A request died", Cause.die(defect)), Reply.internal))
    )

    const answer = Effect.fnUntraced(function* (request: IncomingMessage, response: ServerResponse, to: Entrance) {
      yield* to.line.begin
      const reply = server.draining() ? Reply.stopping : yield* mcp(request, response, to)
      Reply.send(response, reply)
      yield* to.line.end(reply.status)
    })

    let running = 0
    yield* server.serve((request, response) => {
      const { token, url } = credential(request.headers.authorization, request.url ?? "", config.queryToken)
      const path = url.split("?", 1)[0] ?? ""
      const { origin } = request.headers
      const page = origin !== undefined && isListed(origin)
      if (page) Reply.readableFrom(response, origin)
      if (path === "/health") return Reply.send(response, Reply.healthy)
      const line = makeAccessLogEntry(request.method, url)
      running++
      const leave = Effect.sync(() => {
        line.addFields({ outcome: "TokenRefused" })
        response.end()
        fiber.unsafeInterruptAsFork(FiberId.none)
      })
      const fiber = run(answer(request, response, { leave, line, page, path, token }))
      fiber.addObserver((exit) => {
        running--
        if (Exit.isInterrupted(exit)) run(line.end("cancelled"))
      })
      // Whoever goes away before the answer has cancelled the call.
      response.once("close", () => {
        if (!response.writableEnded) fiber.unsafeInterruptAsFork(FiberId.none)
      })
    })
    return { port: server.port, running: () => running }
  })
)

/** The facts of a request before anything else looks at it. */
interface Entrance {
  readonly token: Credential["token"]
  readonly path: string
  /** The request comes from a page of an origin that is listed. */
  readonly page: boolean
  readonly line: AccessLogEntry
  /** Ends a stream whose token is good no more, and cancels its call, as if the client had gone. */
  readonly leave: Effect.Effect<void>
}

/** From a credential to the principal, or to the answer that turns it away. */
const makeAuthenticate = Effect.gen(function* () {
  const { authDisabled, mode } = yield* Config
  const tokens = yield* TokenStore
  const throttle = makeThrottle()
  const forPaper = makeForPaper()
  const local = operator(mode)
  return Effect.fnUntraced(function* (token: Credential["token"], address: string, line: AccessLogEntry) {
    if (authDisabled) return local
    if (Option.isNone(token)) return Reply.noCredentials
    const known = yield* Effect.catchTag(tokens.verify(token.value), "TokenForPaper", forPaper(line))
    if ("status" in known) return known
    if (Option.isSome(known)) return bearer(known.value, mode)
    const seconds = yield* throttle.failed(address)
    return seconds === 0 ? Reply.invalidToken : Reply.tooManyFailures(seconds)
  })
})

/** An open stream looks at its token this often. */
const recheck = "30 seconds"

/** Waits until a token is revoked, has expired, or can't be looked up any more: a check that fails does not pass. */
const makeUntilRefused = Effect.gen(function* () {
  const { authDisabled } = yield* Config
  const tokens = yield* TokenStore
  return (token: Credential["token"]): Effect.Effect<void> => {
    if (authDisabled || Option.isNone(token)) return Effect.never
    return tokens.verify(token.value).pipe(
      Effect.tapErrorTag("TokenStoreError", (error) => Effect.logError(error)),
      Effect.match({ onFailure: () => false, onSuccess: Option.isSome }),
      Effect.delay(recheck),
      Effect.repeat({ while: (isGood) => isGood }),
      Effect.asVoid
    )
  }
})

/**
 * Turns a token of paper away. It is no guess, so it does not count as one: its owner, who has just gone live, is to read
 * why at every try. The words are logged once a token, its name in the line of each request.
 */
const makeForPaper = () => {
  const told = new Set<string>()
  return (line: AccessLogEntry) => (error: TokenForPaper) => {
    line.addFields({ caller: error.id, outcome: error._tag })
    const tell = told.has(error.id) ? Effect.void : Effect.logWarning(`Token ${error.id}: ${error.message}`)
    told.add(error.id)
    return Effect.as(tell, Reply.refusedToken(error.message))
  }
}
