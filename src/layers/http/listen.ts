import { Duration, Effect, Option, Schema } from "effect"
import { readFileSync } from "node:fs"
import { createServer, type RequestListener, type Server, type ServerResponse } from "node:http"
import { createServer as createTlsServer } from "node:https"
import type { AddressInfo, Socket } from "node:net"
import { Config } from "../../services/Config.ts"
import { KrakenWriter } from "../../services/KrakenWriter.ts"

/** The server can't listen: a sentence for the operator. */
export class ListenError extends Schema.TaggedError<ListenError>()("ListenError", { reason: Schema.String }) {
  override get message() {
    return this.reason
  }
}

/** What calls get to end when the server stops, and what writes get. */
const patience = { calls: Duration.seconds(10), writes: Duration.seconds(30), answer: Duration.seconds(1) }

/**
 * A Node server that listens as configured, and stops in order when its scope ends: no new connections; `endListening`;
 * calls get ten seconds, and writes until it is known what became of them, at most thirty; then connections are cut.
 */
export const listen = (endListening: Effect.Effect<void>) =>
  Effect.gen(function* () {
    const config = yield* Config
    const writer = yield* KrakenWriter
    const server = yield* create
    const { idle } = countCalls(server)
    let draining = false
    yield* Effect.acquireRelease(open(server, config), () =>
      Effect.gen(function* () {
        draining = true
        server.close()
        yield* endListening
        const ended = yield* within(idle, patience.calls)
        if (Option.isNone(ended)) {
          const last = Effect.zipRight(writer.settled, Effect.timeoutOption(idle, patience.answer))
          yield* within(last, Duration.subtract(patience.writes, patience.calls))
        }
        server.closeAllConnections()
      })
    )
    return {
      draining: () => draining,
      port: (server.address() as AddressInfo).port,
      serve: (handler: RequestListener) => Effect.sync(() => void server.on("request", handler))
    }
  })

/** A timeout for finalizers, which can't be interrupted: what can't be interrupted never times out. */
const within = <A>(effect: Effect.Effect<A>, time: Duration.Duration) =>
  Effect.timeoutOption(Effect.interruptible(effect), time)

const create = Effect.gen(function* () {
  const { tls } = yield* Config
  const server = Option.isNone(tls)
    ? createServer()
    : yield* Effect.try({
        try: () => createTlsServer({ key: readFileSync(tls.value.keyFile), cert: readFileSync(tls.value.certFile) }),
        catch: (error) =>
          new ListenError({
            reason: `The TLS files can't be used (${reasonOf(error)}): check MCP_KRAKEN_SSL_KEYFILE and MCP_KRAKEN_SSL_CERTFILE.`
          })
      })
  // Connections that never finish a request don't pile up; idle ones outlive those of the usual proxies.
  server.headersTimeout = 10_000
  server.requestTimeout = 60_000
  server.keepAliveTimeout = 65_000
  return server
})

/** Listens, or fails with a sentence. */
export const open = (server: Server, { host, port }: { readonly host: string; readonly port: number }) =>
  Effect.async<void, ListenError>((resume) => {
    const onError = (error: unknown) =>
      resume(new ListenError({ reason: `Can't listen on ${host}:${port}: ${reasonOf(error)}` }))
    server.once("error", onError)
    server.listen({ host, port }, () => {
      server.off("error", onError)
      resume(Effect.void)
    })
  })

/** `idle` ends when no request is being answered. */
const countCalls = (server: Server) => {
  const waiting = new Set<() => void>()
  let open = 0
  server.on("request", (request, response) => {
    if (response.socket === null) closeWith(request.socket, response)
    open++
    response.once("close", () => {
      open--
      if (open === 0) for (const resume of waiting) resume()
    })
  })
  const idle = Effect.async<void>((resume) => {
    if (open === 0) return resume(Effect.void)
    const done = () => resume(Effect.void)
    waiting.add(done)
    return Effect.sync(() => void waiting.delete(done))
  })
  return { idle }
}

/**
 * Node tells the response that is being sent of its connection's end, but none of those that wait behind it for requests
 * of the same connection.
 */
const closeWith = (socket: Socket, response: ServerResponse) => {
  const onClose = () => response.emit("close")
  socket.setMaxListeners(0).once("close", onClose)
  response.once("close", () => socket.off("close", onClose))
}

const reasonOf = (error: unknown): string => {
  const { code, message } = Object(error) as { readonly code?: string; readonly message?: string }
  if (code === "EADDRINUSE") return "another program listens there"
  if (code === "EACCES") return "not permitted"
  return message ?? String(error)
}
