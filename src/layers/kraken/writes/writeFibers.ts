import { Deferred, Duration, Effect, Exit, FiberSet } from "effect"
import type { Params, WriteEndpoint } from "../../../domain/endpoints/endpoints.ts"
import type { SendError, Sent } from "../../../services/KrakenWriter.ts"
import type { Principal } from "../../../services/Principal.ts"
import { createdIdsIn } from "./createdIds.ts"
import { makeWritesInFlight, type Write, type WriteInFlight } from "./duplicates.ts"
import { errorTagOf } from "./writeExit.ts"

/** Time that shutdown waits for writes. */
const shutdownWait = Duration.seconds(30)

/** Sends one write and settles it. */
export type Send = (write: Write, params: Params) => Effect.Effect<Sent, SendError, Principal>

/** Makes the answer of a call that waited for an identical one, which ended in an error. */
export type AfterFailure = (write: Write, error: SendError) => Effect.Effect<Sent, SendError, Principal>

/**
 * Makes the fibers in which writes run. A write goes on when its caller leaves; its outcome is then logged. At the end of
 * the scope, writes get 30 s to end.
 */
export const makeWriteFibers = Effect.fnUntraced(function* (send: Send, afterFailure: AfterFailure) {
  const inFlight = makeWritesInFlight()
  const fibers = yield* FiberSet.make<Sent, SendError>()
  const settled = FiberSet.awaitEmpty(fibers)
  // Finalizers run uninterruptibly, and an uninterruptible effect never times out.
  yield* Effect.addFinalizer(() => Effect.ignore(Effect.timeout(Effect.interruptible(settled), shutdownWait)))

  /** Runs a write in its own fiber and gives its answer to all callers that wait for it. */
  const start = (write: WriteInFlight, params: Params) =>
    FiberSet.run(
      fibers,
      Effect.interruptible(send(write, params)).pipe(
        Effect.onExit((exit) =>
          Effect.suspend(() => {
            inFlight.end(write)
            return Deferred.done(write.answer, exit)
          })
        )
      )
    )

  /** Waits for the answer of an identical write. If that one fails, another one might be in flight. */
  const answerOfDuplicate = (write: Write, of: WriteInFlight): Effect.Effect<Sent, SendError, Principal> =>
    Deferred.await(of.answer).pipe(
      Effect.map((sent): Sent => ({ ...sent, duplicateOf: createdIdsIn(sent.result) })),
      Effect.catchAll((error) => {
        const other = error._tag === "KrakenOutcomeUnknown" ? undefined : inFlight.find(write)
        return other === undefined ? afterFailure(write, error) : answerOfDuplicate(write, other)
      })
    )

  /**
   * Starts a write, unless an identical one is in flight, and gives the effect that waits for its answer. Recognizing and
   * noting the write are one step, so that two identical writes never both start.
   */
  const enter = (
    write: Write,
    params: Params
  ): Effect.Effect<Effect.Effect<Sent, SendError, Principal>, never, Principal> =>
    Effect.suspend(() => {
      const { isNew, of } = inFlight.join(write)
      return isNew
        ? Effect.as(start(of, params), Deferred.await(of.answer))
        : Effect.succeed(answerOfDuplicate(write, of))
    })

  /** Starts or recognizes a write and waits for its answer. */
  const run = Effect.fnUntraced(function* (write: Write, params: Params) {
    const answer = yield* Effect.uninterruptible(enter(write, params))
    return yield* Effect.onInterrupt(answer, () => FiberSet.run(fibers, logOutcome(answer, write.endpoint)))
  })

  return { run, settled }
})

/** Waits for the answer of a write whose caller has left, and logs its outcome. */
const logOutcome = <R>(answer: Effect.Effect<Sent, SendError, R>, endpoint: WriteEndpoint) =>
  Effect.onExit(answer, (exit) => {
    const message = "A write went on after its caller had left"
    return Exit.isSuccess(exit)
      ? Effect.logInfo(message, { endpoint, outcome: "ok" })
      : Effect.logWarning(message, { endpoint, outcome: errorTagOf(exit.cause) ?? "unknown" })
  })
