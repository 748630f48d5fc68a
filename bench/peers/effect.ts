/** Effect's own HTTP server and router: reads JSON and writes it back. */
import * as HttpRouter from "@effect/platform/HttpRouter"
import * as HttpServer from "@effect/platform/HttpServer"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Effect, Layer } from "effect"
import { createServer } from "node:http"

const echo = Effect.gen(function* () {
  const request = yield* HttpServerRequest.HttpServerRequest
  const body = (yield* request.json) as { readonly id: number }
  return yield* HttpServerResponse.json({ jsonrpc: "2.0", id: body.id, result: {} })
})

const port = Number(process.argv[2])

HttpRouter.empty.pipe(
  HttpRouter.post("/mcp", echo),
  HttpServer.serve(),
  Layer.provide(NodeHttpServer.layer(() => createServer(), { port, host: "127.0.0.1" })),
  Layer.launch,
  NodeRuntime.runMain()
)
