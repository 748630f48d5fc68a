import { Cause, Duration, Effect, Either, Exit, Option, Scope } from "effect"
import { randomUUID } from "node:crypto"
import { beginCancel, endCancel, leaveCancel, lookAtOrders, provenGone } from "../../../access/record/emergency.ts"
import type { Now } from "../../../access/record/now.ts"
import type { Authority } from "../../../access/record/authority.ts"
import type { Steps } from "../../../storage/steps.ts"
import type { PanicCallFailed } from "./panicCalls.ts"
import type { PanicRecord } from "./panicParts.ts"

/** The account whose cancels are recorded. */
interface Target {
  readonly authority: Authority
  /** The SHA-256 of the API key in hex, or `paper`. */
  readonly key: string
  readonly account: string
}

/** The longest wait for a record that another process holds. After it was too long once, nothing is waited for. */
const patience = Duration.millis(500)

/** The time in which one cancel and its repeats end, in milliseconds. A server does not take it over before. */
const longestCancel = Duration.toMillis("75 seconds")

/**
 * Makes the part of the record to which a panic writes: its own cancels. They are sent although nothing can be written, and
 * a record that does not exist is not made.
 */
export const cancelsOfPanic = Effect.fnUntraced(function* ({ authority, ...target }: Target) {
  const scope = yield* Effect.scope
  const process = randomUUID()
  const opened = yield* Effect.cached(
    Scope.extend(authority.openExisting, scope).pipe(
      Effect.disconnect,
      Effect.timeoutFail({
        duration: patience,
        onTimeout: () => ({ message: `The record ${authority.name} is busy.` })
      }),
      // Else the timeout would wait for it.
      Effect.interruptible
    )
  )
  let gap: string | undefined

  /** Writes to the record, if that can be done at once. */
  const attempt = <A>(body: (now: Now) => Steps<A>): Effect.Effect<A | undefined> =>
    Effect.suspend(() => (authority.isMissing() ? Effect.succeed(undefined) : opened)).pipe(
      Effect.flatMap((db) =>
        db === undefined
          ? Effect.succeed(undefined)
          : db.write((at) => body({ process, ...at }), gap === undefined ? patience : 0)
      ),
      Effect.catchAllCause((cause) =>
        Effect.sync(() => {
          gap ??= Either.match(Cause.failureOrCause(cause), {
            onLeft: ({ message }) => message,
            onRight: (defect) => String(Cause.squash(defect))
          })
          return undefined
        })
      ),
      Effect.uninterruptible
    )

  const recorded: PanicRecord["recorded"] = (endpoint, params, call) =>
    Effect.uninterruptibleMask(
      Effect.fnUntraced(function* (restore) {
        const cancel = { ...target, endpoint, request: params }
        const seq = yield* attempt((now) => beginCancel(now, cancel, now.wall + longestCancel))
        if (seq === undefined) return yield* restore(call)
        return yield* Effect.onExit(restore(call), (exit) =>
          attempt(function* (now) {
            const outcome = outcomeOf(exit)
            if (outcome === undefined) yield* leaveCancel(seq)
            else yield* endCancel(now, seq, outcome)
          })
        )
      })
    )

  return {
    recorded,
    proven: (all: boolean) => attempt((now) => provenGone(now, { ...target, all })),
    gaps: Effect.sync(() =>
      Option.map(Option.fromNullable(gap), (why) => `Not all cancels of this stop are in the record: ${why}`)
    )
  }
})

/** The outcome of a cancel. Undefined if it was interrupted. */
const outcomeOf = (exit: Exit.Exit<unknown, PanicCallFailed>) => {
  if (Exit.isSuccess(exit))
    // Kraken answers `false` to the cancel of a withdrawal that it has sent.
    return exit.value === false
      ? { outcome: "did-not-happen" as const, result: exit.value }
      : { outcome: "happened" as const, ...(exit.value !== undefined && { result: exit.value }) }
  const error = Option.getOrUndefined(Cause.failureOption(exit.cause))
  if (error === undefined) return undefined
  const { message, remedy } = error
  return remedy._tag === "Later"
    ? { outcome: "unknown" as const, reason: message, safeToRepeat: true, check: lookAtOrders }
    : { outcome: "did-not-happen" as const, error: error._tag, reason: message }
}
