import { Chunk, DateTime, Duration, Effect, Either, Option, type ParseResult, Queue } from "effect"
import { report } from "../../../services/CallContext.ts"
import { monotonic } from "../../../services/Clocks.ts"
import type { ObservedOrder } from "../../../domain/live/observedOrders.ts"
import type { ReadError } from "../../../services/KrakenClient.ts"
import type { RecordUnavailable } from "../../../services/Record.ts"
import type { Finding } from "./finding.ts"
import type { Deadline } from "./orderDefaults.ts"
import type { ProcedureContext } from "./writeProcedure.ts"
import { reasonOf } from "./reasonOf.ts"

/** The result of all look-ups of a write. `partial` is the part of the write that the last answered look-up showed. */
export type SearchResult<A, P = never> =
  | { readonly _tag: "Found"; readonly value: A }
  /** The write is not on the account and can no longer get there. */
  | { readonly _tag: "Absent"; readonly partial: P | undefined }
  /** The write might be on the account or might still get there. */
  | { readonly _tag: "Undecided"; readonly reason: string; readonly partial: P | undefined }

/** Errors that a look-up can end in. */
export type LookUpError = ReadError | RecordUnavailable | ParseResult.ParseError

/** Time that Kraken's engine gets, after a deadline, for orders that it had already accepted. */
const settling = Duration.seconds(2)

/**
 * The longest pause between two look-ups, in milliseconds. Kraken accepts no `deadline` more than 60 s ahead, so every
 * deadline has passed by then.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/add-order read 2026-08-17
 */
const longestPause = Duration.toMillis("62 seconds")

/** Time after which a failed look-up is the last one, in milliseconds. */
const maximumWait = Duration.toMillis("90 seconds")

/** The longest extra pause after a look-up that Kraken refused for its rate, in seconds. */
const longestRateLimitPause = 15

/**
 * Looks a write up after about one second, after four seconds and once `deadline` has passed, until it is found or can
 * definitely no longer happen.
 *
 * The result is `Absent` only if all of these hold:
 * - The key has no nonce window, and a look-up was answered. Its nonce is later than that of the write, so Kraken
 *   refuses the write if it still arrives.
 * - The deadline has passed, both on Kraken's clock and by the time elapsed on ours. One wrong `Date` header is then not
 *   enough.
 * - Two look-ups after both of these were empty.
 * - No clock was set since the write left.
 *
 * If live events show the write, they settle it between two look-ups: `seen` finds it among the observed orders. They
 * never show that a write did not happen. The first look-up comes early if they show a change of an order that `isTouched`
 * names.
 */
export const pollUntilSettled = Effect.fn("KrakenWriter.pollUntilSettled")(function* <A, P, R>(
  context: ProcedureContext,
  deadline: Option.Option<Deadline>,
  lookUp: Effect.Effect<Finding<A, P>, LookUpError, R>,
  { isTouched = () => false, seen = Effect.succeedNone }: LiveSigns<A, R> = {}
) {
  const events = yield* context.observed.subscribe
  const giveUpAt = (yield* monotonic) + maximumWait
  let isFenced = false
  let emptyAfterDeadline = 0
  let reason = "no look-up of the account was answered"
  let partial: P | undefined
  for (let n = 0; n < 10; n++) {
    const early = yield* pause(events, yield* pauseBefore(context, n, deadline), seen, n === 0 ? isTouched : never)
    if (Option.isSome(early)) return found(early.value)
    yield* report({ progress: n + 1, message: "Kraken gave no answer; looking up what became of the call" })
    const isOverdue = Option.isSome(deadline) && (yield* remaining(context, deadline.value)) <= 0
    const finding = yield* Effect.either(lookUp)
    if (Either.isLeft(finding)) {
      const error = finding.left
      if (isFinal(error)) return undecided(`the account cannot be read: ${error.message}`, partial)
      reason = reasonOf(error)
      if ((yield* monotonic) > giveUpAt) break
      if (error._tag === "KrakenRateLimitError")
        yield* Effect.sleep(Duration.seconds(Math.min(error.retryAfterSeconds, longestRateLimitPause)))
      continue
    }
    if (finding.right._tag === "Match") return found(finding.right.value)
    partial = finding.right.partial
    if (finding.right._tag === "Ambiguous") return undecided(finding.right.reason, partial)
    if (isOverdue && isFenced) emptyAfterDeadline++
    isFenced = true
    reason = "it was not found on the account"
    if (emptyAfterDeadline === 2 && Option.isSome(deadline))
      return yield* concludeAbsent(context, deadline.value, partial)
    if (Option.isNone(deadline) && n >= 4) break
  }
  return undecided(reason, partial)
}, Effect.scoped)

/** Signs of a write among the orders that live events showed. */
interface LiveSigns<A, R> {
  /** Finds the write, if it is beyond doubt. */
  readonly seen?: Effect.Effect<Option.Option<A>, never, R>
  /** Tells whether an order that changed is a reason to look the write up now. */
  readonly isTouched?: (order: ObservedOrder) => boolean
}

const never = () => false

/** The time that lists get to show what an event told, in milliseconds. */
const listing = 100

/** Waits for the next look-up, and finds the write meanwhile if events show it. */
const pause = <A, R>(
  events: Queue.Dequeue<ObservedOrder>,
  time: Duration.Duration,
  seen: Effect.Effect<Option.Option<A>, never, R>,
  isTouched: (order: ObservedOrder) => boolean
) => {
  const watch = Effect.gen(function* () {
    let isEarly = false
    while (true) {
      const value = yield* seen
      if (Option.isSome(value)) return value
      if (isEarly) return yield* Effect.as(Effect.sleep(listing), value)
      const changed = yield* Queue.takeBetween(events, 1, mostEvents)
      isEarly = Chunk.some(changed, isTouched)
    }
  })
  return Effect.raceFirst(Effect.as(Effect.sleep(time), Option.none<A>()), watch)
}

/** Events that are taken together. */
const mostEvents = 1000

const found = <A>(value: A): SearchResult<A> => ({ _tag: "Found", value })

const undecided = <P>(reason: string, partial: P | undefined): SearchResult<never, P> => ({
  _tag: "Undecided",
  reason,
  partial
})

/** Tells whether an error would come again at each look-up. */
const isFinal = (error: LookUpError): boolean =>
  error._tag === "KrakenPermissionError" ||
  (error._tag === "KrakenAuthError" && error.reason !== "nonce") ||
  error._tag === "KrakenLockout" ||
  error._tag === "KrakenCredentialsMissing"

/** Gives the pause before look-up `n`, counted from 0. */
const pauseBefore = Effect.fnUntraced(function* (
  context: ProcedureContext,
  n: number,
  deadline: Option.Option<Deadline>
) {
  if (n < 2) return Duration.seconds(n === 0 ? 1 : 3)
  const wait = Option.isSome(deadline) ? yield* remaining(context, deadline.value) : 0
  return Duration.millis(Math.min(Math.max(wait, 1000), longestPause))
})

/** Gives the milliseconds until a deadline has passed by every clock. A clock of Kraken in doubt does not count. */
const remaining = (context: ProcedureContext, { at, departure, span }: Deadline) =>
  Effect.zipWith(context.kraken.now, departure.timing, (now, { elapsed, inDoubt }) => {
    const theirs = inDoubt ? -Infinity : DateTime.distance(now, at)
    const ours = span - elapsed
    return Math.max(theirs, ours) + Duration.toMillis(settling) + 1
  })

/**
 * Gives `Absent` if the fence holds. A later nonce keeps an earlier one out only if the key has no nonce window. After a
 * clock was set, neither the deadline nor the ages of orders prove anything.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/get-api-key-info read 2026-05-27
 */
const concludeAbsent = Effect.fnUntraced(function* <P>(
  context: ProcedureContext,
  { departure }: Deadline,
  partial: P | undefined
) {
  if ((yield* departure.timing).inDoubt)
    return undecided(
      "it was not found, but a clock was set meanwhile or Kraken's clock is hardly known, so its deadline proves nothing",
      partial
    )
  return Option.match(yield* context.keys.known, {
    onNone: () =>
      undecided(
        "it was not found, but it is unknown whether this key has a nonce window, so it might still arrive",
        partial
      ),
    onSome: ({ nonceWindow }): SearchResult<never, P> =>
      nonceWindow === 0n
        ? { _tag: "Absent", partial }
        : undecided("it was not found, but this key has a nonce window, so it might still arrive", partial)
  })
})
