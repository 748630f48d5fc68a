import { Effect } from "effect"
import { createServer, request, type Server } from "node:http"
import { freePort } from "../freePort.ts"

/** Serves a proxy that adds a token to each request, since the suite can't send one. */
export const serveProxy = (port: number, token: string) =>
  Effect.gen(function* () {
    const proxy = createServer((incoming, outgoing) => {
      const { headers, method, url } = incoming
      const onward = request({
        host: "127.0.0.1",
        port,
        path: url,
        method,
        headers: { ...headers, authorization: `Bearer ${token}` }
      })
      onward.on("response", (response) => {
        outgoing.writeHead(response.statusCode ?? 502, response.headers)
        response.pipe(outgoing)
      })
      onward.on("error", () => outgoing.destroy())
      outgoing.on("close", () => onward.destroy())
      incoming.pipe(onward)
    })
    const own = yield* freePort
    yield* Effect.acquireRelease(listening(proxy, own), () => closing(proxy))
    return `http://localhost:${own}/mcp`
  })

const listening = (server: Server, port: number) =>
  Effect.async<void>((resume) => {
    server.listen(port, "localhost", () => resume(Effect.void))
  })

const closing = (server: Server) =>
  Effect.sync(() => {
    server.close()
    server.closeAllConnections()
  })
