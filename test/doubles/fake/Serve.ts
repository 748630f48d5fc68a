import { Effect, Runtime, type Scope } from "effect"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import type { FakeKraken, Outcome } from "../FakeKraken.ts"
import type { WireRequest } from "./Wire.ts"

/**
 * Serves a fake Kraken on a loopback port until the scope closes. `connections` counts the opened sockets. Faults with
 * a duration use the Clock of the calling effect.
 */
export const serve = (
  fake: FakeKraken
): Effect.Effect<{ readonly url: string; readonly connections: () => number }, never, Scope.Scope> =>
  Effect.gen(function* () {
    const run = Runtime.runFork(yield* Effect.runtime())
    let connections = 0
    const server = createServer((request, response) => {
      const chunks: Array<Uint8Array> = []
      request.on("data", (chunk: Uint8Array) => chunks.push(chunk))
      request.on("end", () => {
        const handled = fake.handle(wireRequest(request, Buffer.concat(chunks)))
        run(Effect.map(handled, (outcome) => send(response, outcome)))
      })
    })
    server.on("connection", () => {
      connections += 1
    })
    yield* Effect.acquireRelease(
      Effect.async<void>((resume) => {
        server.listen(0, "127.0.0.1", () => resume(Effect.void))
      }),
      () =>
        Effect.sync(() => {
          server.close()
          server.closeAllConnections()
        })
    )
    const { port } = server.address() as AddressInfo
    return { url: `http://127.0.0.1:${port}`, connections: () => connections }
  })

const wireRequest = (request: IncomingMessage, body: Uint8Array): WireRequest => {
  const url = new URL(request.url ?? "/", "http://kraken.test")
  const headers = Object.entries(request.headers).map(([name, value]) => [name, String(value)] as const)
  return {
    method: request.method ?? "GET",
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    headers: Object.fromEntries(headers),
    body
  }
}

const send = (response: ServerResponse, outcome: Outcome): void => {
  if (typeof outcome === "string") {
    response.socket?.resetAndDestroy()
  } else {
    response.writeHead(outcome.status, outcome.headers)
    response.end(outcome.body)
  }
}
