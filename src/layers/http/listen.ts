import { Duration, Effect, Option, Schema } from "effect"
import { readFileSync } from "node:fs"
import { createServer, type RequestListener, type Server, type ServerResponse } from "node:http"
import { createServer as createTlsServer } from "node:https"
import { type AddressInfo, createServer as createTcpServer, type Server as TcpServer, type Socket } from "node:net"
import { Config, type ListenAddress } from "../../services/Config.ts"
import { OpenWrites } from "../../services/OpenWrites.ts"

/** The server can't listen. `reason` is a sentence for the operator. */
export class ListenError extends Schema.TaggedError<ListenError>()("ListenError", {
  reason: Schema.String,
  /** Node's code of the error. */
  code: Schema.optional(Schema.String)
}) {
  override get message() {
    return this.reason
  }
}

/** Grace periods at shutdown. */
const gracePeriods = { calls: Duration.seconds(10), writes: Duration.seconds(30), answer: Duration.seconds(1) }

/**
 * Makes the Node server of MCP. When its scope ends, it stops in order: no new connections; `endListening`; calls have ten
 * seconds, and writes up to thirty until they are settled; then connections are cut.
 */
export const listen = Effect.fnUntraced(function* (endListening: Effect.Effect<void>) {
  const config = yield* Config
  const writes = yield* OpenWrites
  return yield* listenAt(
    config,
    Effect.fnUntraced(function* (idle) {
      yield* endListening
      const ended = yield* within(idle, gracePeriods.calls)
      if (Option.isSome(ended)) return
      const last = Effect.zipRight(writes.settled, Effect.timeoutOption(idle, gracePeriods.answer))
      yield* within(last, Duration.subtract(gracePeriods.writes, gracePeriods.calls))
    })
  )
})

/** Waits for open requests as long as the shortest grace period, then cuts them off. */
export const drainBriefly = (idle: Effect.Effect<void>): Effect.Effect<void> =>
  Effect.asVoid(within(idle, gracePeriods.answer))

/**
 * Makes a Node server that listens at an address, for `localhost` on both loopback addresses. When its scope ends, it takes
 * no new connections, waits for `drain`, which gets the wait for open requests, and cuts its connections.
 */
export const listenAt = Effect.fnUntraced(function* (
  { host, port: wanted, tls }: Pick<typeof Config.Service, "tls"> & ListenAddress,
  drain: (idle: Effect.Effect<void>) => Effect.Effect<void>
) {
  const server = yield* create(tls)
  const { idle, openRequests } = countRequests(server)
  let draining = false
  yield* Effect.acquireRelease(
    open(server, { host: host === "localhost" ? loopback.v4 : host, port: wanted }),
    Effect.fnUntraced(function* () {
      draining = true
      server.close()
      yield* drain(idle)
      server.closeAllConnections()
    })
  )
  const { port } = server.address() as AddressInfo
  if (host === "localhost") yield* openToIpv6(server, port)
  return {
    draining: () => draining,
    openRequests,
    port,
    serve: (handler: RequestListener) => Effect.sync(() => void server.on("request", handler))
  }
})

/** Limits an effect's time inside a finalizer. Finalizers can't be interrupted, so a plain timeout would never fire. */
const within = <A>(effect: Effect.Effect<A>, time: Duration.Duration) =>
  Effect.timeoutOption(Effect.interruptible(effect), time)

const create = Effect.fnUntraced(function* (tls: (typeof Config.Service)["tls"]) {
  const server = Option.isNone(tls)
    ? createServer()
    : yield* Effect.try({
        try: () => createTlsServer({ key: readFileSync(tls.value.keyFile), cert: readFileSync(tls.value.certFile) }),
        catch: (error) =>
          new ListenError({
            reason: `The TLS files can't be used (${reasonOf(error)}): check MCP_KRAKEN_SSL_KEYFILE and MCP_KRAKEN_SSL_CERTFILE.`
          })
      })
  // Connections that never finish a request are closed. Idle ones stay open longer than common proxies keep theirs.
  server.headersTimeout = 10_000
  server.requestTimeout = 60_000
  server.keepAliveTimeout = 65_000
  return server
})

const loopback = { v4: "127.0.0.1", v6: "::1" } as const

/**
 * Accepts connections to the loopback address of IPv6, too. Some programs resolve `localhost` to this address only, and
 * another program on it would receive their tokens: a port that is taken there is an error. Ignores a lack of IPv6.
 */
const openToIpv6 = (server: Server, port: number) =>
  Effect.acquireRelease(
    Effect.sync(() => createTcpServer((socket) => void server.emit("connection", socket))),
    (also) => Effect.sync(() => also.close())
  ).pipe(
    Effect.flatMap((also) => open(also, { host: loopback.v6, port })),
    Effect.catchIf(
      ({ code }) => code === "EADDRNOTAVAIL" || code === "EAFNOSUPPORT",
      () => Effect.void
    )
  )

/** Listens, or fails with a sentence for the operator. */
export const open = (server: TcpServer, { host, port }: { readonly host: string; readonly port: number }) =>
  Effect.async<void, ListenError>((resume) => {
    const onError = (error: unknown) =>
      resume(
        new ListenError({
          reason: `Can't listen on ${host.includes(":") ? `[${host}]` : host}:${port}: ${reasonOf(error)}`,
          code: Object(error).code
        })
      )
    server.once("error", onError)
    server.listen({ host, port }, () => {
      server.off("error", onError)
      resume(Effect.void)
    })
  })

/** Counts the requests whose connection waits for the answer. `idle` completes when there are none. */
const countRequests = (server: Server) => {
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
  return { idle, openRequests: () => open }
}

/**
 * Emits `close` on a response when its connection closes. Node emits it only on the response being sent, not on those
 * that wait behind it on the same connection.
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
