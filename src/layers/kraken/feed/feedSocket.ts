import { Data, Deferred, Effect } from "effect"
import type { Agent } from "node:http"
import { findProxy, type Proxy } from "../client/proxy.ts"
import { load } from "../../process/load.ts"

/** The connection could not be opened, or ended. `reason` holds nothing that Kraken or a proxy wrote. */
export class FeedDown extends Data.TaggedError("FeedDown")<{
  readonly reason: string
  /** True if Kraken refuses the API key, so that it would refuse it again soon. */
  readonly isRefused?: boolean
}> {}

/** An open WebSocket. */
export interface FeedSocket {
  /** Sends text. Does nothing on a socket that is being closed. */
  readonly send: (text: string) => void
  /** Fails when the connection ends. */
  readonly ended: Effect.Effect<never, FeedDown>
}

/**
 * The largest message that is read, in bytes. The largest of Kraken's, a list of all instruments, has about one million.
 * A larger one ends the connection before it is in memory.
 */
export const largestMessage = 4 * 1024 * 1024

/** Bytes that wait to be sent at most. Only small requests are sent, so that more means a dead connection. */
const mostUnsent = 1024 * 1024

const handshakeTimeout = 10_000

/** The time for the whole opening, with the proxy, whose time the handshake does not count. */
const openingTimeout = "15 seconds"

/**
 * Opens a WebSocket until the end of the scope, through the proxy of the environment if there is one, as calls over HTTP
 * are. `onText` is called with each message while the socket waits, so that messages are not queued here: a server that
 * sends faster than they are read is slowed down by TCP.
 *
 * The library is `ws`, since it alone offers what this needs: an agent for the proxy, a limit on the size of a message,
 * and no redirects. The WebSocket of Node has none of them, and Node 20 has no WebSocket.
 */
export const openSocket = Effect.fn("FeedSocket.open")(function* (url: string, onText: (text: string) => void) {
  const proxy = yield* Effect.mapError(
    findProxy(url.replace(/^ws/, "http")),
    ({ message }) => new FeedDown({ reason: message })
  )
  const agent = proxy && (yield* Effect.acquireRelease(tunnelThrough(proxy), destroy))
  const { WebSocket } = yield* Effect.orDie(load(() => import("ws")))
  const ended = yield* Deferred.make<never, FeedDown>()
  const opened = yield* Deferred.make<void, FeedDown>()
  const end = (reason: string): void => {
    const down = new FeedDown({ reason })
    Deferred.unsafeDone(opened, Effect.fail(down))
    Deferred.unsafeDone(ended, Effect.fail(down))
  }
  const socket = yield* Effect.acquireRelease(
    Effect.sync(() => {
      const made = new WebSocket(url, {
        agent,
        handshakeTimeout,
        maxPayload: largestMessage,
        perMessageDeflate: false,
        followRedirects: false
      })
      made.on("open", () => Deferred.unsafeDone(opened, Effect.void))
      made.on("message", (data, isBinary) => {
        if (!isBinary) onText(String(data))
      })
      made.on("unexpected-response", (request, { statusCode }) => {
        request.destroy()
        end(`HTTP ${statusCode} instead of a WebSocket`)
      })
      made.on("error", (error) => end(reasonOf(error)))
      made.on("close", (code) => end(`closed with code ${code}`))
      return made
    }),
    (made) =>
      Effect.sync(() => {
        // What is buffered must not count as received on the next connection.
        made.removeAllListeners("message")
        made.terminate()
      })
  )
  yield* Deferred.await(opened).pipe(
    Effect.timeoutFail({ duration: openingTimeout, onTimeout: () => new FeedDown({ reason: "no connection in time" }) })
  )
  return {
    send: (text) => {
      if (socket.readyState !== WebSocket.OPEN) return
      if (socket.bufferedAmount > mostUnsent) socket.terminate()
      else socket.send(text, () => undefined)
    },
    ended: Deferred.await(ended)
  } satisfies FeedSocket as FeedSocket
})

/** Makes the agent for a proxy, which few have, so that its libraries are loaded here. */
const tunnelThrough = (proxy: Proxy) =>
  Effect.map(Effect.orDie(load(() => import("../client/TunnelAgent.ts"))), ({ TunnelAgent }) => new TunnelAgent(proxy))

const destroy = (agent: Agent) => Effect.sync(() => agent.destroy())

/** Names an error by its code, such as `ECONNREFUSED`. */
const reasonOf = (error: Error): string => {
  const { code } = Object(error)
  return typeof code === "string" ? code : "the connection failed"
}
