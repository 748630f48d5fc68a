import { Clock, Deferred, Effect, FiberSet } from "effect"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { administer } from "../../exchange/rest/admin.ts"
import { answer, arrive, type RestExchange, type Outcome } from "../../exchange/rest/restExchange.ts"
import type { HttpRequest } from "../../exchange/rest/httpRequest.ts"
import { html, refused } from "../../exchange/rest/reply.ts"
import { mayAdminister } from "./adminPolicy.ts"
import { serveLive } from "./ExchangeLive.ts"
import { readBytes } from "../http/body.ts"
import { open } from "../http/listen.ts"
import { urlHost } from "../network/urlHost.ts"

/**
 * Serves a simulated Kraken over HTTP until the scope ends, with an admin path for this machine only, and its WebSocket
 * on a port of its own. `ended` fails with an unexpected error, after which the exchange's state must not be trusted.
 */
export const serveExchange = Effect.fn("serveExchange")(function* (
  rest: RestExchange,
  at: { readonly host: string; readonly port: number; readonly wsPort: number }
) {
  const ended = yield* Deferred.make<never>()
  const server = createServer({ keepAliveTimeout: 65_000 })
  yield* Effect.acquireRelease(open(server, at), () =>
    Effect.sync(() => {
      server.close()
      server.closeAllConnections()
    })
  )
  const live = yield* serveLive(rest, { host: at.host, port: at.wsPort }, ended)
  // A client that knows only this address finds the WebSocket here, too.
  server.on("upgrade", live.upgrade)
  const run = yield* FiberSet.makeRuntime<never>()
  const arriveLate = Effect.fnUntraced(
    function* (request: HttpRequest) {
      arrive(rest, request, yield* Clock.currentTimeMillis)
    },
    Effect.catchAllDefect((defect) => Deferred.die(ended, defect))
  )
  const respond = Effect.fnUntraced(
    function* (incoming: IncomingMessage) {
      const request = yield* read(incoming)
      const outcome = yield* handle(rest, request, incoming.socket.remoteAddress)
      const { arrivesAfter } = outcome
      if (arrivesAfter !== undefined) yield* Effect.sync(() => run(Effect.delay(arriveLate(request), arrivesAfter)))
      return outcome
    },
    Effect.catchTags({
      BodyTooLarge: () => Effect.succeed(tooLarge),
      BodyIncomplete: () => Effect.interrupt
    }),
    Effect.catchAllDefect((defect) => Effect.as(Deferred.die(ended, defect), internal))
  )
  const answerTo = Effect.fnUntraced(function* (incoming: IncomingMessage, outgoing: ServerResponse) {
    const { after, dateAhead = 0, reply } = yield* respond(incoming)
    // Clients of the WebSocket learn what the call has changed without waiting for the next round.
    yield* live.publish
    yield* Effect.sleep(after)
    send(outgoing, reply, (yield* Clock.currentTimeMillis) + rest.ahead + dateAhead)
  })
  server.on("request", (incoming, outgoing) => void run(answerTo(incoming, outgoing)))
  const { port } = server.address() as AddressInfo
  return { url: `http://${urlHost(at.host)}:${port}`, wsUrl: live.url, ended: Deferred.await(ended) }
})

const handle = (rest: RestExchange, request: HttpRequest, address: string | undefined): Effect.Effect<Outcome> =>
  Effect.map(Clock.currentTimeMillis, (clock) => {
    if (!/^\/admin(\/|$)/.test(request.path)) return answer(rest, request, clock)
    if (!mayAdminister(address, request.headers)) return { reply: refused([adminOnly], 403), after: 0 }
    return { reply: administer(rest, request, clock), after: 0 }
  })

const adminOnly = "Only a program on the same machine as the exchange may do this, over a loopback address."

const tooLarge: Outcome = { reply: html(413, "Request entity too large"), after: 0 }
const internal: Outcome = { reply: refused(["EGeneral:Internal error"], 500), after: 0 }

const read = (incoming: IncomingMessage) =>
  Effect.map(readBytes(incoming), (body): HttpRequest => {
    const [path = "", query = ""] = (incoming.url ?? "").split(/\?(.*)/s, 2)
    const headers = Object.entries(incoming.headers).map(([name, value]) => [name, String(value)])
    return { method: incoming.method ?? "", path, query, headers: Object.fromEntries(headers), body }
  })

const send = (outgoing: ServerResponse, reply: Outcome["reply"], now: number): void => {
  if (reply === "cut") {
    outgoing.socket?.resetAndDestroy()
    return
  }
  outgoing.writeHead(reply.status, {
    "content-type": reply.contentType,
    "cache-control": "no-store",
    // Clients read the exchange's time from this header, also after its clock was set.
    date: new Date(now).toUTCString()
  })
  outgoing.end(reply.body)
}
