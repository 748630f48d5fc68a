import { Clock, Deferred, Effect, FiberSet, Queue, Schedule } from "effect"
import { createServer, type IncomingMessage } from "node:http"
import type { AddressInfo } from "node:net"
import type { Duplex } from "node:stream"
import { type RawData, type WebSocket, WebSocketServer } from "ws"
import { closeSession, due, openSession, type Outgoing, receive, type Session } from "../../exchange/live/session.ts"
import type { RestExchange } from "../../exchange/rest/restExchange.ts"
import { open } from "../http/listen.ts"
import { urlHost } from "../network/urlHost.ts"

/** Limits of the WebSocket. */
export const liveLimits = {
  /** The most connections at a time. */
  connections: 100,
  /** Bytes of the longest message of a client. A longer one ends the connection. */
  message: 65_536,
  /** Bytes that wait for a client that reads too slowly. More of them end the connection. */
  backlog: 8_388_608,
  /** Texts that a configured delay holds back. More of them end the connection. */
  held: 10_000
} as const

/** Time after which a connection is sent what has changed, besides after each call. */
const round = "100 millis"

interface Connection {
  readonly socket: WebSocket
  readonly session: Session
  readonly texts: Queue.Enqueue<Outgoing>
}

/**
 * Serves the WebSocket of a simulated Kraken until the scope ends: market data at `/v2`, the account at `/auth/v2`.
 * `publish` sends all clients what has changed. An unexpected error fails `ended`.
 */
export const serveLive = Effect.fn("serveLive")(function* (
  rest: RestExchange,
  at: { readonly host: string; readonly port: number },
  ended: Deferred.Deferred<never>
) {
  const server = createServer((_, response) => response.writeHead(426, { connection: "close" }).end())
  const sockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: liveLimits.message
  })
  const connections = new Set<Connection>()
  yield* Effect.acquireRelease(open(server, at), () =>
    Effect.sync(() => {
      server.close()
      for (const { socket } of connections) socket.terminate()
      server.closeAllConnections()
    })
  )
  const run = yield* FiberSet.makeRuntime<never>()
  const guarded = Effect.catchAllDefect((defect) => Deferred.die(ended, defect))

  const pass = (connection: Connection, outgoing: Iterable<Outgoing>): void => {
    for (const each of outgoing)
      if (!Queue.unsafeOffer(connection.texts, each)) {
        connection.socket.terminate()
        return
      }
  }

  const deliver = (connection: Connection, take: Effect.Effect<Outgoing>) =>
    Effect.forever(
      Effect.flatMap(take, (outgoing) => {
        if (outgoing === "cut") return Effect.sync(() => connection.socket.terminate())
        const send = Effect.sync(() => sendTo(connection.socket, outgoing.text))
        if (outgoing.after === 0) return send
        const later = Effect.delay(send, outgoing.after)
        return outgoing.holds ? later : Effect.sync(() => void run(later))
      })
    )

  const publishTo = (connection: Connection) =>
    guarded(Effect.map(Clock.currentTimeMillis, (clock) => pass(connection, due(rest, connection.session, clock))))

  let opened = 0
  const accept = Effect.fnUntraced(
    function* (socket: WebSocket, isPrivate: boolean) {
      const clock = yield* Clock.currentTimeMillis
      const { outgoing, session } = openSession(rest, { private: isPrivate, number: ++opened, clock })
      const texts = yield* Queue.dropping<Outgoing>(liveLimits.held)
      const connection: Connection = { socket, session, texts }
      connections.add(connection)
      socket.on("error", () => socket.terminate())
      socket.on("message", (data, isBinary) => void run(answer(connection, data, isBinary)))
      pass(connection, outgoing)
      const closed = Effect.async<void>((resume) => void socket.once("close", () => resume(Effect.void)))
      const rounds = Effect.repeat(publishTo(connection), Schedule.spaced(round))
      yield* Effect.raceAll([closed, deliver(connection, Queue.take(texts)), rounds])
      connections.delete(connection)
      closeSession(session)
    },
    (effect) => guarded(effect)
  )
  const answer = Effect.fnUntraced(
    function* (connection: Connection, data: RawData, isBinary: boolean) {
      const text = !isBinary && Buffer.isBuffer(data) ? data.toString() : ""
      pass(connection, receive(rest, connection.session, text, yield* Clock.currentTimeMillis))
    },
    (effect) => guarded(effect)
  )
  const publish = Effect.suspend(() => Effect.forEach(connections, publishTo, { discard: true }))

  const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    const path = (request.url ?? "").split("?", 1)[0]
    const isPrivate = path === "/auth/v2"
    if (path !== "/v2" && !isPrivate) return refuse(socket, "404 Not Found")
    if (connections.size >= liveLimits.connections) return refuse(socket, "503 Service Unavailable")
    sockets.handleUpgrade(request, socket, head, (accepted) => void run(accept(accepted, isPrivate)))
  }
  server.on("upgrade", upgrade)
  const { port } = server.address() as AddressInfo
  return { url: `ws://${urlHost(at.host)}:${port}`, publish, upgrade }
})

const sendTo = (socket: WebSocket, text: string): void => {
  if (socket.readyState !== socket.OPEN) return
  if (socket.bufferedAmount > liveLimits.backlog) socket.terminate()
  else socket.send(text)
}

const refuse = (socket: Duplex, status: string): void => {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}
