import { Effect, Layer } from "effect"
import process from "node:process"
import { McpServer } from "../layers/mcp/Server.ts"
import { McpServerEarly } from "../layers/McpServerEarly.ts"
import { serveStdio } from "../layers/Stdio.ts"
import { load } from "./load.ts"

/**
 * Serves over standard input and output. Clients start the server and wait for `initialize`, so that is answered first;
 * the tools come when the client is ready for them. If they can't, the server ends.
 */
export const overStdio = Effect.gen(function* () {
  const { wanted } = yield* McpServer
  const product = wanted.pipe(
    Effect.zipRight(load(() => import("./product.ts"))),
    Effect.flatMap(({ Product }) => Layer.build(Product)),
    Effect.zipRight(Effect.never)
  )
  yield* Effect.raceFirst(serveStdio(process.stdin, process.stdout), product)
}).pipe(Effect.scoped, Effect.provide(McpServerEarly))
