import { DateTime, Duration, Effect, Either, Option, type ParseResult } from "effect"
import { report } from "../../../services/CallContext.ts"
import { monotonic } from "../../../services/Clocks.ts"
import type { ProcedureContext } from "./writeProcedure.ts"
import type { Deadline } from "./orderDefaults.ts"
import type { ReadError } from "../../../services/KrakenClient.ts"

/** What one look at the account has shown. */
export type Finding<A> =
  | { readonly _tag: "Found"; readonly value: A }
  | { readonly _tag: "Empty" }
  /** Something is there, and it can't be told whether it is ours. */
  | { readonly _tag: "Unclear"; readonly reason: string }

export const found = <A>(value: A): Finding<A> => ({ _tag: "Found", value })
export const empty: Finding<never> = { _tag: "Empty" }
export const unclear = (reason: string): Finding<never> => ({ _tag: "Unclear", reason })

export type Outcome<A> =
  | { readonly _tag: "Found"; readonly value: A }
  | { readonly _tag: "NotThere" }
  | { readonly _tag: "CantTell"; readonly reason: string }

/** What a look may fail with. */
export type LookUpError = ReadError | ParseResult.ParseError

/** After its deadline Kraken's engine takes the order no more; two seconds for what it had already taken. */
const settling = Duration.seconds(2)

/** Kraken takes no `deadline` further ahead than a minute, so that it is over this long after a write left. */
const longestWait = Duration.toMillis("62 seconds")

/** Looking ends after this long, in milliseconds, while Kraken does not answer. */
const patience = Duration.toMillis("90 seconds")

/** A look that met a rate limit waits as long as Kraken says before the next one, and no longer than this, in seconds. */
const longestRest = 15

/**
 * Looks after about one second, four seconds, and once `deadline` has passed, until the write is found or definitely
 * can't come any more.
 *
 * *Not there* takes all of: the key has no nonce window and a look, which has a later nonce than the write, was
 * answered (so a straggling write would be refused); the deadline is over, on Kraken's clock and by the time that has
 * passed on ours, so that one wrong `Date` does not end it; two looks after both were empty; and no clock was set since
 * the write left.
 */
export const pollUntilSettled = Effect.fn("KrakenWriter.lookUntil")(function* <A, R>(
  context: ProcedureContext,
  deadline: Option.Option<Deadline>,
  look: Effect.Effect<Finding<A>, LookUpError, R>,
  nothing = "it has not turned up"
) {
  const until = (yield* monotonic) + patience
  let fenced = false
  let empties = 0
  let trouble = "no look at the account was answered"
  for (let n = 0; n < 10; n++) {
    yield* Effect.sleep(yield* pause(context, n, deadline))
    yield* report({ progress: n + 1, message: "Kraken gave no answer; looking up what became of the call" })
    const overdue = Option.isSome(deadline) && (yield* remaining(context, deadline.value)) <= 0
    const seen = yield* Effect.either(look)
    if (Either.isLeft(seen)) {
      if (isFinal(seen.left)) return cantTell(`the account can't be read: ${seen.left.message}`)
      trouble = seen.left.message
      if ((yield* monotonic) > until) break
      if (seen.left._tag === "KrakenRateLimitError")
        yield* Effect.sleep(Duration.seconds(Math.min(seen.left.retryAfterSeconds, longestRest)))
      continue
    }
    if (seen.right._tag === "Found") return seen.right
    if (seen.right._tag === "Unclear") return cantTell(seen.right.reason)
    if (overdue && fenced) empties++
    fenced = true
    trouble = nothing
    if (empties === 2 && Option.isSome(deadline)) return yield* behindTheFence(context, deadline.value)
    if (Option.isNone(deadline) && n >= 4) break
  }
  return cantTell(trouble)
})

const cantTell = (reason: string) => ({ _tag: "CantTell", reason }) as const

/** Looking again will not help where Kraken does not let us look. */
const isFinal = (error: LookUpError): boolean =>
  error._tag === "KrakenPermissionError" ||
  (error._tag === "KrakenAuthError" && error.reason !== "nonce") ||
  error._tag === "KrakenLockout" ||
  error._tag === "KrakenCredentialsMissing"

const pause = (context: ProcedureContext, n: number, deadline: Option.Option<Deadline>) =>
  Effect.gen(function* () {
    if (n < 2) return Duration.seconds(n === 0 ? 1 : 3)
    const rest = Option.isSome(deadline) ? yield* remaining(context, deadline.value) : 0
    return Duration.millis(Math.min(Math.max(rest, 1000), longestWait))
  })

/** Milliseconds until a deadline is over by every clock; Kraken's does not count if it can't be compared. */
const remaining = (context: ProcedureContext, { at, departure, span }: Deadline) =>
  Effect.zipWith(context.kraken.now, departure.timing, (now, { elapsed, inDoubt }) => {
    const theirs = inDoubt ? -Infinity : DateTime.distance(now, at)
    const ours = span - elapsed
    return Math.max(theirs, ours) + Duration.toMillis(settling) + 1
  })

/**
 * A later nonce was accepted: that keeps an earlier one out only if the key allows no window. A clock that was set
 * leaves open what the deadline and the ages of what was seen are worth.
 */
const behindTheFence = (context: ProcedureContext, { departure }: Deadline) =>
  Effect.gen(function* () {
    if ((yield* departure.timing).inDoubt)
      return cantTell(
        "it has not turned up, but a clock was set meanwhile or is hardly known, so that its deadline tells nothing"
      )
    return Option.match(yield* context.keys.known, {
      onNone: () => cantTell("it has not turned up, but Kraken does not tell whether this key takes late nonces"),
      onSome: ({ nonceWindow }) =>
        nonceWindow === 0n
          ? ({ _tag: "NotThere" } as const)
          : cantTell("it has not turned up, but this key has a nonce window, so that it might still arrive")
    })
  })
