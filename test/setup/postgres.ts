import { Effect, Exit, Scope } from "effect"
import { createServer } from "node:http"
import type { TestProject } from "vitest/node"
import { startPostgres } from "../postgresServer.ts"

declare module "vitest" {
  interface ProvidedContext {
    /** The port that gives the address of PostgreSQL, and starts it on the first request. */
    readonly postgresPort: number
  }
}

/** Lets the tests that need PostgreSQL start one server for all of them. It ends with the run. */
export default ({ provide }: TestProject) =>
  Effect.runPromise(
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const address = yield* Effect.cached(Effect.exit(Effect.scoped(Scope.extend(startPostgres(), scope))))
      const server = createServer((_, response) => {
        Effect.runPromise(address).then((exit) =>
          Exit.match(exit, {
            onSuccess: (url) => response.end(url),
            onFailure: (cause) => response.writeHead(500).end(String(cause))
          })
        )
      })
      const port = yield* Effect.async<number>((resume) => {
        server.listen(0, "127.0.0.1", () => {
          const address = server.address()
          resume(typeof address === "object" && address !== null ? Effect.succeed(address.port) : Effect.die(address))
        })
      })
      provide("postgresPort", port)
      return () => {
        server.close()
        return Effect.runPromise(Scope.close(scope, Exit.void))
      }
    })
  )
