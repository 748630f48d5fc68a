import { Deferred, Duration, Effect, Exit, FiberSet } from "effect"
import type { Params, WriteEndpoint } from "../../../domain/endpoints/endpoints.ts"
import { monotonic } from "../../../services/Clocks.ts"
import type { SendError, Sent } from "../../../services/KrakenWriter.ts"
import type { Principal } from "../../../services/Principal.ts"
import { makeDuplicates, type RecentWrite, type Write } from "./duplicates.ts"
import { errorTagOf } from "./writeExit.ts"

/** Time that shutdown waits for writes. */
const shutdownWait = Duration.seconds(30)

/** Sends one write and settles it. `unconfirmed` has to run before it is settled. */
export type Send = (
  endpoint: WriteEndpoint,
  params: Params,
  options: { readonly repeat: boolean; readonly unconfirmed: Effect.Effect<void> }
) => Effect.Effect<Sent, SendError, Principal>

/**
 * Makes the fibers in which writes run. A write goes on when its caller leaves; its outcome is then logged. At the end of
 * the scope, writes get 30 s to end.
 */
export const makeWriteFibers = Effect.fnUntraced(function* (send: Send) {
  const duplicates = makeDuplicates()
  const fibers = yield* FiberSet.make<Sent, SendError>()
  const settled = FiberSet.awaitEmpty(fibers)
  // Finalizers run uninterruptibly, and an uninterruptible effect never times out.
  yield* Effect.addFinalizer(() => Effect.ignore(Effect.timeout(Effect.interruptible(settled), shutdownWait)))

  /** Runs a write in its own fiber and gives its answer to all callers that wait for it. */
  const start = (write: RecentWrite, params: Params) => {
    const { endpoint, repeat } = write
    const unconfirmed = Effect.sync(() => duplicates.markUnconfirmed(write))
    return FiberSet.run(
      fibers,
      Effect.interruptible(send(endpoint, params, { repeat, unconfirmed })).pipe(
        Effect.onExit((exit) =>
          Effect.flatMap(monotonic, (now) => {
            duplicates.end(write, exit, now)
            return Deferred.done(write.answer, exit)
          })
        )
      )
    )
  }

  /**
   * Starts a write, unless an identical one is recognized, and gives the effect that waits for its answer. Recognizing and
   * noting the write are one step, so that two identical writes never both start.
   */
  const enter = (write: Write, params: Params): Effect.Effect<Effect.Effect<Sent, SendError>, never, Principal> =>
    Effect.flatMap(monotonic, (now) => {
      const recognition = duplicates.recognize(write, now)
      switch (recognition._tag) {
        case "Duplicate":
          return Effect.succeed(duplicates.answerOf(recognition.of))
        case "Blocked":
          return Effect.succeed(recognition.error)
        case "New":
          return Effect.as(start(recognition.begun, params), Deferred.await(recognition.begun.answer))
      }
    })

  /** Starts or recognizes a write and waits for its answer. */
  const run = Effect.fnUntraced(function* (write: Write, params: Params) {
    const answer = yield* Effect.uninterruptible(enter(write, params))
    return yield* Effect.onInterrupt(answer, () => FiberSet.run(fibers, logOutcome(answer, write.endpoint)))
  })

  return { run, settled }
})

/** Waits for the answer of a write whose caller has left, and logs its outcome. */
const logOutcome = (answer: Effect.Effect<Sent, SendError>, endpoint: WriteEndpoint) =>
  Effect.onExit(answer, (exit) => {
    const message = "A write went on after its caller had left"
    return Exit.isSuccess(exit)
      ? Effect.logInfo(message, { endpoint, outcome: "ok" })
      : Effect.logWarning(message, { endpoint, outcome: errorTagOf(exit.cause) ?? "unknown" })
  })
