import { Cause, Deferred, Effect, Layer, Option } from "effect"
import process from "node:process"
import { errorResponse } from "../layers/mcp/protocol/messages.ts"
import { McpServer } from "../layers/mcp/server/McpServer.ts"
import { cannotStart, internalError } from "../layers/mcp/protocol/serverDefinition.ts"
import { McpServerEarly } from "../layers/mcp/server/McpServerEarly.ts"
import { serveStdio } from "../layers/mcp/stdio/serveStdio.ts"
import { refuseStdio } from "../layers/mcp/stdio/refuseStdio.ts"
import { load } from "../layers/process/load.ts"
import { operator } from "../layers/access/principals.ts"
import { Config } from "../services/Config.ts"
import { Principal } from "../services/Principal.ts"

/** Destroys stdin, so that an open pipe does not keep the process alive. */
const letGo = Effect.sync(() => process.stdin.destroy())

const product = Effect.zipRight(
  load(() => import("./product.ts")).pipe(Effect.flatMap(({ Product }) => Layer.build(Product))),
  Effect.never
)

/**
 * Serves over standard input and output. Clients start the server and wait for `initialize`, so the server answers it
 * first and loads the tools afterwards. If the tools can't be loaded, waiting calls fail with the reason, and the
 * server ends.
 */
export const overStdio = Effect.gen(function* () {
  const { serve, wanted } = yield* McpServer
  const broken = yield* Deferred.make<never, Effect.Effect.Error<typeof product>>()
  const loaded = Effect.zipRight(wanted, product).pipe(
    Effect.catchAllCause((cause) =>
      serve(({ id }) => Effect.succeed(errorResponse(id, reasonOf(cause)))).pipe(
        Effect.zipRight(Deferred.failCause(broken, cause)),
        Effect.zipRight(Effect.never)
      )
    )
  )
  const ended = Effect.exit(Deferred.await(broken))
  const { mode } = yield* Config
  const served = Effect.provideService(serveStdio(process.stdin, process.stdout, ended), Principal, operator(mode))
  yield* Effect.raceFirst(served, loaded)
  yield* Effect.flatMap(
    Deferred.poll(broken),
    Option.getOrElse(() => Effect.void)
  )
}).pipe(Effect.scoped, Effect.provide(McpServerEarly), Effect.ensuring(letGo))

/** Reports to a client the reason for which there is no server. */
export const refuse = (reason: string) => Effect.ensuring(refuseStdio(process.stdin, process.stdout, reason), letGo)

/** Returns the sentence for the operator, without details of an internal error. */
const reasonOf = (cause: Cause.Cause<{ readonly message: string }>) =>
  Option.match(Cause.failureOption(cause), {
    onNone: () => internalError,
    onSome: ({ message }) => cannotStart(message)
  })
