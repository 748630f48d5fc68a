import { Clock, Deferred, Effect, FiberSet } from "effect"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { administer } from "../../exchange/rest/admin.ts"
import { answer, arrive, type RestExchange, type Outcome } from "../../exchange/rest/RestExchange.ts"
import type { Request } from "../../exchange/rest/Request.ts"
import { html, refused } from "../../exchange/rest/reply.ts"
import { mayAdminister } from "./adminPolicy.ts"
import { readBytes } from "../http/body.ts"
import { open } from "../http/listen.ts"
import { urlHost } from "../network/urlHost.ts"

/**
 * Serves a simulated Kraken over HTTP until the scope ends, with an admin path for this machine only. `ended` fails
 * with an unexpected error, after which the exchange's state must not be trusted.
 */
export const serveExchange = Effect.fn("serveExchange")(function* (
  rest: RestExchange,
  at: { readonly host: string; readonly port: number }
) {
  const ended = yield* Deferred.make<never>()
  const server = createServer({ keepAliveTimeout: 65_000 })
  yield* Effect.acquireRelease(open(server, at), () =>
    Effect.sync(() => {
      server.close()
      server.closeAllConnections()
    })
  )
  const run = yield* FiberSet.makeRuntime<never>()
  const late = (request: Request) =>
    Effect.map(Clock.currentTimeMillis, (clock) => arrive(rest, request, clock)).pipe(
      Effect.catchAllDefect((defect) => Deferred.die(ended, defect))
    )
  server.on("request", (incoming, outgoing) => {
    const respond = Effect.flatMap(read(incoming), (request) =>
      Effect.tap(handle(rest, request, incoming.socket.remoteAddress), ({ arrivesAfter }) =>
        Effect.sync(() => {
          if (arrivesAfter !== undefined) run(Effect.delay(late(request), arrivesAfter))
        })
      )
    )
    run(
      respond.pipe(
        Effect.catchTags({
          BodyTooLarge: () => Effect.succeed(tooLarge),
          BodyIncomplete: () => Effect.interrupt
        }),
        Effect.catchAllDefect((defect) => Effect.as(Deferred.die(ended, defect), internal)),
        Effect.tap(({ after }) => Effect.sleep(after)),
        Effect.zipWith(Clock.currentTimeMillis, ({ dateAhead = 0, reply }, clock) =>
          send(outgoing, reply, clock + rest.ahead + dateAhead)
        )
      )
    )
  })
  const { port } = server.address() as AddressInfo
  return { url: `http://${urlHost(at.host)}:${port}`, ended: Deferred.await(ended) }
})

const handle = (rest: RestExchange, request: Request, address: string | undefined): Effect.Effect<Outcome> =>
  Effect.map(Clock.currentTimeMillis, (clock) => {
    if (!/^\/admin(\/|$)/.test(request.path)) return answer(rest, request, clock)
    if (!mayAdminister(address, request.headers)) return { reply: refused([adminOnly], 403), after: 0 }
    return { reply: administer(rest, request, clock), after: 0 }
  })

const adminOnly = "Only a program on the machine of the exchange may do this, over a loopback address."

const tooLarge: Outcome = { reply: html(413, "Request entity too large"), after: 0 }
const internal: Outcome = { reply: refused(["EGeneral:Internal error"], 500), after: 0 }

const read = (incoming: IncomingMessage) =>
  Effect.map(readBytes(incoming), (body): Request => {
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
