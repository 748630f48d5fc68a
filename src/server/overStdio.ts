import { Cause, Deferred, Effect, Option } from "effect"
import process from "node:process"
import { errorResponse } from "../layers/mcp/protocol/messages.ts"
import { McpServer } from "../layers/mcp/server/McpServer.ts"
import { cannotStart, internalError } from "../layers/mcp/protocol/ProtocolError.ts"
import { McpServerEarly } from "../layers/mcp/server/McpServerEarly.ts"
import { serveStdio } from "../layers/mcp/stdio/serveStdio.ts"
import { refuseStdio } from "../layers/mcp/stdio/refuseStdio.ts"
import { load } from "../layers/process/load.ts"
import { localOperator } from "../layers/access/principals.ts"
import { Config } from "../services/Config.ts"
import { Principal } from "../services/Principal.ts"

/** Destroys stdin, so that an open pipe does not keep the process alive. */
const closeInput = Effect.sync(() => process.stdin.destroy())

/** Loads the tools, and serves them until the scope ends. `use` gets the settings in which limits have Kraken's names. */
const product = (use: (config: typeof Config.Service) => void) =>
  Effect.flatMap(
    load(() => import("./productOverStdio.ts")),
    ({ productOverStdio }) => productOverStdio(use)
  )

/**
 * Serves over standard input and output. Clients start the server and wait for `initialize`, so the server answers it
 * first and loads the tools afterwards. If the tools can't be loaded, waiting calls fail with the reason, and the
 * server ends.
 */
export const overStdio = Effect.gen(function* () {
  const { requestsExpected, serve } = yield* McpServer
  let caller = localOperator(yield* Config)
  const broken = yield* Deferred.make<never, Effect.Effect.Error<ReturnType<typeof product>>>()
  const loaded = Effect.zipRight(
    requestsExpected,
    product((config) => (caller = localOperator(config)))
  ).pipe(
    Effect.catchAllCause(
      Effect.fnUntraced(function* (cause) {
        yield* serve(({ id }) => Effect.succeed(errorResponse(id, errorOf(cause))))
        yield* Deferred.failCause(broken, cause)
        return yield* Effect.never
      })
    )
  )
  const ended = Effect.exit(Deferred.await(broken))
  // Requests that came before the tools were loaded are carried out afterwards, under the same mandate.
  const principal = {
    ...caller,
    get mandate() {
      return caller.mandate
    }
  }
  const served = Effect.provideService(serveStdio(process.stdin, process.stdout, ended), Principal, principal)
  yield* Effect.raceFirst(served, loaded)
  const failure = yield* Deferred.poll(broken)
  if (Option.isSome(failure)) return yield* failure.value
}).pipe(Effect.scoped, Effect.provide(McpServerEarly), Effect.ensuring(closeInput))

/** Answers a client with the reason for which the server can't start. */
export const refuse = (reason: string) =>
  Effect.ensuring(refuseStdio(process.stdin, process.stdout, reason), closeInput)

/** Returns the error for waiting calls, without details of an internal error. */
const errorOf = (cause: Cause.Cause<{ readonly message: string }>) =>
  Option.match(Cause.failureOption(cause), {
    onNone: () => internalError,
    onSome: ({ message }) => cannotStart(message)
  })
