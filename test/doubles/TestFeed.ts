import { Effect } from "effect"
import type { AddressInfo } from "node:net"
import { type WebSocket, WebSocketServer } from "ws"
import { crc32 } from "node:zlib"

/** A request as the server received it. */
export interface FeedRequest {
  readonly method: string
  readonly params: { readonly channel?: string; readonly symbol?: ReadonlyArray<string>; readonly token?: string }
}

/**
 * Makes a small server of Kraken's WebSocket v2 over real sockets. It acknowledges subscriptions, refuses the symbol
 * `NO/PAIR`, and sends what the test says. `snapshot` makes the data of each new subscription.
 */
export const makeTestFeed = (
  snapshot: (channel: string, symbol: string | undefined) => object | string | undefined = () => undefined
) =>
  Effect.acquireRelease(
    Effect.async<ReturnType<typeof served>>((resume) => {
      const server = new WebSocketServer({ port: 0, host: "127.0.0.1" })
      server.on("listening", () => resume(Effect.succeed(served(server, snapshot))))
    }),
    ({ close }) => Effect.sync(close)
  )

const served = (
  server: WebSocketServer,
  snapshot: (channel: string, symbol: string | undefined) => object | string | undefined
) => {
  const requests: Array<FeedRequest> = []
  const sockets = new Set<WebSocket>()
  const state: { isSilent: boolean; refusal: string | undefined } = { isSilent: false, refusal: undefined }
  let connections = 0
  server.on("connection", (socket) => {
    connections++
    sockets.add(socket)
    socket.on("close", () => sockets.delete(socket))
    socket.on("error", () => undefined)
    socket.on("message", (data) => {
      if (state.isSilent) return
      const request: FeedRequest & { readonly req_id: number } = JSON.parse(String(data))
      const { method, params, req_id } = request
      requests.push(request)
      const send = (message: object) => socket.send(JSON.stringify(message))
      if (method === "ping") return send({ method: "pong", req_id })
      for (const symbol of params.symbol ?? [undefined]) {
        const error = state.refusal ?? (symbol === "NO/PAIR" ? `Currency pair not supported ${symbol}` : undefined)
        send({
          method,
          req_id,
          success: error === undefined,
          ...(error === undefined ? { result: params } : { error })
        })
        const first = method === "subscribe" && error === undefined ? snapshot(params.channel ?? "", symbol) : undefined
        if (first !== undefined) socket.send(typeof first === "string" ? first : JSON.stringify(first))
      }
    })
  })
  // Only a listener on a pipe has no port.
  const { port } = server.address() as AddressInfo
  return {
    url: `ws://127.0.0.1:${port}/v2`,
    requests,
    /** If `isSilent`, nothing is answered, not even a ping. With a `refusal`, all is refused. */
    state,
    connections: () => connections,
    open: () => sockets.size,
    /** Sends text, or an object as JSON, to all clients. */
    send: (message: object | string) => {
      for (const socket of sockets) socket.send(typeof message === "string" ? message : JSON.stringify(message))
    },
    /** Cuts all connections. */
    cut: () => {
      for (const socket of sockets) socket.terminate()
    },
    close: () => {
      for (const socket of sockets) socket.terminate()
      server.close()
    }
  }
}

/** Makes a message of a book with a checksum. `whole` is the book after the message, from which the checksum is computed. */
export const bookMessage = (
  type: "snapshot" | "update",
  levels: Sides,
  whole: Sides = levels,
  symbol = "BTC/USD"
): object => ({
  channel: "book",
  type,
  data: [
    {
      symbol,
      bids: levels.bids.map(([price, qty]) => ({ price, qty })),
      asks: levels.asks.map(([price, qty]) => ({ price, qty })),
      checksum: checksumOf(whole)
    }
  ]
})

interface Sides {
  readonly bids: ReadonlyArray<readonly [number, number]>
  readonly asks: ReadonlyArray<readonly [number, number]>
}

/** Computes the checksum with another implementation than the client's. */
const checksumOf = ({ asks, bids }: Sides): number => {
  const digits = (number: number) => String(number).replace(".", "").replace(/^0+/, "")
  const texts = [...asks.slice(0, 10), ...bids.slice(0, 10)].map(([price, qty]) => digits(price) + digits(qty))
  return crc32(texts.join(""))
}
