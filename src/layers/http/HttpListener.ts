import { Cause, Context, Data, Effect, Exit, FiberId, Layer, Option, Runtime } from "effect"
import type { IncomingMessage, ServerResponse } from "node:http"
import { Config } from "../../services/Config.ts"
import { type TokenForPaper, TokenStore, type TokenStoreError } from "../../services/TokenStore.ts"
import type { MandateMissing } from "../../services/Mandates.ts"
import type { Principal } from "../../services/Principal.ts"
import { makePrincipalOf } from "../access/mandates/principalOf.ts"
import { localOperator } from "../access/principals.ts"
import { readBody } from "./body.ts"
import { type Credential, credential } from "./credential.ts"
import { makeEmit } from "./events.ts"
import { makeHostPolicy, makeIsListed } from "./hostPolicy.ts"
import { type AccessLogEntry, makeAccessLogEntry } from "./accessLog.ts"
import { listen } from "./listen.ts"
import { isLogged, makeStatusPages } from "./statusPages.ts"
import { authFailures } from "../metrics/instruments.ts"
import { makeIsOauthPath } from "./oauthPaths.ts"
import * as Reply from "./reply.ts"
import { makeThrottle } from "./throttle.ts"
import { McpHttpHandler, type McpHttpResponse, type NoSession } from "../mcp/http/McpHttpHandler.ts"

/** A server that listens. */
export class Listening extends Context.Tag("mcp-kraken/layers/http/HttpListener/Listening")<
  Listening,
  {
    readonly port: number
    /** Counts the requests that are being answered, without those whose clients have disconnected. */
    readonly openRequests: () => number
  }
>() {}

/**
 * Serves MCP over HTTP to bearers of a token, and the health check to every client, until the scope ends. Node's own
 * requests and responses go directly to one fiber each, since every layer between would add to the cost of each call.
 */
export const HttpListener = Layer.scoped(
  Listening,
  Effect.gen(function* () {
    const config = yield* Config
    const handler = yield* McpHttpHandler
    const authenticate = yield* makeAuthenticate
    const awaitRefusal = yield* makeAwaitRefusal
    const refuse = makeHostPolicy(config)
    const isListed = makeIsListed(config)
    const isOauthPath = makeIsOauthPath(config.path)
    const statusPage = yield* makeStatusPages
    const paths = new Set([config.path, `${config.path}/`])
    const run = Runtime.runFork(yield* Effect.runtime())
    const clock = yield* Effect.clock
    const server = yield* listen(handler.endListening)

    const mcp = Effect.fnUntraced(
      function* (
        request: IncomingMessage,
        response: ServerResponse,
        { endStream, isListedOrigin, logEntry, path, token }: RequestDetails
      ) {
        const { headers, method } = request
        const reason = refuse(headers.origin, headers.host)
        const authenticated =
          reason === undefined
            ? authenticate(token, request.socket.remoteAddress ?? "", logEntry)
            : new Unauthenticated({ reply: Reply.forbidden(reason) })
        // Probes of containers name the server by its address, which the policy might refuse.
        const page = statusPage(path)
        if (page !== undefined) return yield* page(authenticated)
        if (reason !== undefined) return Reply.forbidden(reason)
        const isOauth = !config.authDisabled && !paths.has(path) && isOauthPath(path)
        if (!paths.has(path) && !isOauth) return Reply.notFound
        // Browsers send the preflight without the token, and clients in them look for OAuth with a header of MCP.
        if (method === "OPTIONS" && isListedOrigin && headers["access-control-request-method"]) return Reply.preflight
        if (isOauth) return Reply.noOauth
        const principal = yield* authenticated
        logEntry.addFields({ caller: principal.caller.id })
        const stream = {
          headers,
          principal,
          emit: makeEmit(response, run, () => Effect.zipRight(awaitRefusal(token), endStream)),
          isBehind: () => response.writableNeedDrain
        }
        if (method === "GET") return replyTo(yield* handler.get(stream))
        if (method === "DELETE") return replyTo(yield* handler.end(stream))
        if (method !== "POST") return Reply.methodNotAllowed
        if (!/^application\/json\b/i.test(headers["content-type"] ?? "")) return Reply.unsupportedMediaType
        if ((headers["content-encoding"] ?? "identity") !== "identity") return Reply.compressed
        const body = yield* readBody(request)
        return replyTo(yield* handler.post({ ...stream, body, addLogFields: logEntry.addFields }))
      },
      Effect.catchTags({
        Unauthenticated: ({ reply }) => Effect.as(countAuthFailure(reply.status), reply),
        BodyTooLarge: () => Effect.succeed(Reply.tooLarge),
        BodyIncomplete: () => Effect.succeed(Reply.badRequest),
        TokenStoreError: (error) => Effect.as(Effect.logError(error), Reply.internal)
      }),
      Effect.catchAllDefect((defect) => Effect.as(Effect.logError("A request died", Cause.die(defect)), Reply.internal))
    )

    const answer = Effect.fnUntraced(function* (
      request: IncomingMessage,
      response: ServerResponse,
      details: RequestDetails
    ) {
      const isStatusPage = statusPage(details.path) !== undefined
      const stopping = isStatusPage ? Reply.unready({ reason: "stopping" }) : Reply.stopping
      const reply = server.draining() ? stopping : yield* mcp(request, response, details)
      Reply.send(response, reply)
      if (!isStatusPage || isLogged(reply.status)) yield* details.logEntry.end(reply.status)
    })

    yield* server.serve((request, response) => {
      const { token, url } = credential(request.headers.authorization, request.url ?? "", config.queryToken)
      const path = url.split("?", 1)[0] ?? ""
      const { origin } = request.headers
      const isListedOrigin = origin !== undefined && isListed(origin)
      if (isListedOrigin) Reply.readableFrom(response, origin)
      if (path === "/health") return Reply.send(response, Reply.healthy)
      const logEntry = makeAccessLogEntry(clock, request.method, url)
      const endStream = Effect.sync(() => {
        logEntry.addFields({ outcome: "TokenRefused" })
        response.end()
        fiber.unsafeInterruptAsFork(FiberId.none)
      })
      const fiber = run(answer(request, response, { endStream, isListedOrigin, logEntry, path, token }))
      fiber.addObserver((exit) => {
        if (Exit.isInterrupted(exit)) run(logEntry.end("cancelled"))
      })
      // A client cancels its call by disconnecting before the answer.
      response.once("close", () => {
        if (!response.writableEnded) fiber.unsafeInterruptAsFork(FiberId.none)
      })
    })
    return { port: server.port, openRequests: server.openRequests }
  })
)

/** Makes the reply of an answer. Clients without a session go on if GET and DELETE are not allowed. */
const replyTo = (answer: McpHttpResponse | NoSession): Reply.Reply => {
  switch (answer._tag) {
    case "Json":
      return Reply.json(answer.status, answer.body, answer.session)
    case "Event":
      return Reply.lastEvent(answer.text)
    case "NoSession":
      return Reply.methodNotAllowed
  }
}

/** The parts of a request that are known before it is authenticated. */
interface RequestDetails {
  readonly token: Credential["token"]
  readonly path: string
  /** The request comes from a page of an origin that the operator listed. */
  readonly isListedOrigin: boolean
  readonly logEntry: AccessLogEntry
  /** Ends a stream whose token is no longer valid, and cancels its call, as if the client had disconnected. */
  readonly endStream: Effect.Effect<void>
}

const countAuthFailure = (status: number) => Effect.sync(() => authFailures.add(String(status)))

/** A request without a valid token, with its answer. */
class Unauthenticated extends Data.TaggedError("Unauthenticated")<{ readonly reply: Reply.Reply }> {}

/** Makes the authentication of requests, which fails with the answer for a request that it refuses. */
const makeAuthenticate = Effect.gen(function* () {
  const config = yield* Config
  const { authDisabled } = config
  const tokens = yield* TokenStore
  const throttle = makeThrottle()
  const refuseToken = makeRefuseToken()
  const principalOf = yield* makePrincipalOf
  // The settings have a mandate for callers without a token only if there are such callers.
  const local = authDisabled ? localOperator(config) : undefined

  const refuseUnknown = (address: string) =>
    Effect.flatMap(throttle.failed(address), (seconds) => {
      const reply = seconds === 0 ? Reply.invalidToken : Reply.tooManyFailures(seconds)
      return new Unauthenticated({ reply })
    })

  return (
    token: Credential["token"],
    address: string,
    logEntry: AccessLogEntry
  ): Effect.Effect<typeof Principal.Service, Unauthenticated | TokenStoreError> => {
    if (local !== undefined) return Effect.succeed(local)
    if (Option.isNone(token)) return new Unauthenticated({ reply: Reply.noCredentials })
    const refuse = refuseToken(logEntry)
    const principal = Effect.flatMap(
      tokens.verify(token.value),
      (found): Effect.Effect<typeof Principal.Service, Unauthenticated | MandateMissing> =>
        Option.isSome(found) ? principalOf(found.value) : refuseUnknown(address)
    )
    return Effect.catchTags(principal, { TokenForPaper: refuse, MandateMissing: refuse })
  }
})

/** The interval at which the token of an open stream is checked again. */
const recheck = "30 seconds"

/** Makes a wait for a token to be revoked, to expire, or to be impossible to check: a check that fails does not pass. */
const makeAwaitRefusal = Effect.gen(function* () {
  const { authDisabled } = yield* Config
  const tokens = yield* TokenStore
  return (token: Credential["token"]): Effect.Effect<void> => {
    if (authDisabled || Option.isNone(token)) return Effect.never
    return tokens.verify(token.value).pipe(
      Effect.tapErrorTag("TokenStoreError", (error) => Effect.logError(error)),
      Effect.match({ onFailure: () => false, onSuccess: Option.isSome }),
      Effect.delay(recheck),
      Effect.repeat({ while: (isValid) => isValid }),
      Effect.asVoid
    )
  }
})

/**
 * Makes the refusal of tokens that exist: one for paper accounts, or one whose limits are missing. Such a token is not a
 * guess, so it does not count as a failed authentication, and its owner reads the reason at every try. The reason is logged
 * once for each token, and the token's id in the log entry of each request.
 */
const makeRefuseToken = () => {
  const logged = new Set<string>()
  return (logEntry: AccessLogEntry) =>
    Effect.fnUntraced(function* (error: TokenForPaper | MandateMissing) {
      logEntry.addFields({ caller: error.id, outcome: error._tag })
      const reason =
        error._tag === "MandateMissing"
          ? error.reason
          : "it was made for paper mode. Make one for the real account: mcp-kraken token create NAME"
      const line = `Token ${error.id}: ${reason}`
      const isFirst = !logged.has(line)
      logged.add(line)
      if (isFirst) yield* Effect.logWarning(line)
      return yield* new Unauthenticated({ reply: Reply.refusedToken(error.message) })
    })
}
