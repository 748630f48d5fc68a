import { DateTime, Effect, Exit, identity, Layer, Logger, LogLevel, Option, Ref, Schedule, Schema } from "effect"
import type { Params } from "../../../domain/endpoints/endpoints.ts"
import { Config } from "../../../services/Config.ts"
import { KrakenOutcomeUnknown } from "../../../services/KrakenErrors.ts"
import { operator } from "../../access/principals.ts"
import { Principal } from "../../../services/Principal.ts"
import type { AbandonedIntent, RecordUnavailable } from "../../../services/Record.ts"
import { Before } from "./recordedWrites.ts"
import { departedAfter, type RecordedTime } from "./timing.ts"
import { writeParts } from "./writeParts.ts"

/** The pause between two looks for intents of processes that have ended: the time of a lease. */
const pause = "15 seconds"

/** The pause between two looks for orders of unknown outcome. */
const unknownPause = "1 minute"

/** Intents that are settled at the same time. */
const concurrency = 4

/**
 * Settles the writes of processes that have ended before the outcome was known, at once and again and again. Their
 * requests can no longer leave once they are claimed. A server that only reads leaves them to one that can cancel again
 * what was to be cancelled.
 *
 * Orders whose outcome stays unknown are looked up every minute until it is decided, one after the other: each look-up
 * costs rate budget. Until then they keep what they reserved.
 */
export const AbandonedWritesSettling = Layer.scopedDiscard(
  Effect.gen(function* () {
    const { mode, readOnly } = yield* Config
    const parts = yield* writeParts
    if (readOnly) return
    const { abandoned, unknown } = settling(parts, mode)
    yield* Effect.forkScoped(abandoned)
    yield* Effect.forkScoped(unknown)
  })
)

const settling = (
  { context, procedure, record, recorded, settle }: Effect.Effect.Success<typeof writeParts>,
  mode: (typeof Principal.Service)["mode"]
) => {
  const one = Effect.fn("KrakenWriter.settleAbandoned")(function* (
    intent: AbandonedIntent,
    reason: string,
    quietly: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  ) {
    const { account, endpoint, expiresAfter, params, seq } = intent
    const { clock, readings } = Option.getOrElse(readBefore(intent.before), () => ({
      clock: undefined,
      readings: undefined
    }))
    const time: RecordedTime = { ours: intent.at, theirs: clock, window: intent.leaveBy - intent.at }
    const attempt = {
      endpoint,
      params: withLatestDeadline(params, time, expiresAfter),
      departure: departedAfter(context.kraken, time),
      error: new KrakenOutcomeUnknown({
        endpoint,
        reason,
        check: "",
        safeToRepeat: false
      })
    }
    const principal = { ...operator(mode), account }
    const lookUp = Effect.zipRight(
      // Kraken's clock is known once the key is.
      context.keys.known,
      settle(procedure[endpoint], { before: readings, fingerprints: intent.fingerprints }, attempt, intent, params)
    )
    yield* quietly(lookUp).pipe(
      // Interrupted with this process, it stays open for the next one.
      Effect.onExit((exit) => (Exit.isInterrupted(exit) ? Effect.void : recorded.end(endpoint, intent, exit))),
      Effect.provideService(Principal, principal),
      Effect.tapErrorTag("KrakenOutcomeUnknown", ({ check, reason }) =>
        quietly(Effect.logError("It is unknown what became of a write", { seq, endpoint, reason, check }))
      ),
      Effect.catchAllCause((cause) => Effect.logDebug("A write was settled", { seq }, cause))
    )
  })

  const oneAbandoned = (intent: AbandonedIntent) => {
    const { endpoint, seq } = intent
    return Effect.zipRight(
      Effect.logWarning("A server ended before it knew what became of a write", { seq, endpoint }),
      one(intent, "the server ended before its outcome was known", identity)
    )
  }

  /** Looks an order up once more. It was logged before that its outcome is unknown. */
  const oneUnknown = (intent: AbandonedIntent) =>
    one(intent, "its outcome was unknown", Logger.withMinimumLogLevel(LogLevel.None))

  /** The last warning. An unusable record is logged once, not at every look. */
  const warned = Ref.unsafeMake("")
  const warn = ({ message }: RecordUnavailable) =>
    Effect.flatMap(Ref.getAndSet(warned, message), (before) =>
      before === message ? Effect.void : Effect.logWarning(message)
    )

  return {
    abandoned: record.claimAbandoned.pipe(
      Effect.flatMap((intents) => Effect.forEach(intents, oneAbandoned, { concurrency, discard: true })),
      Effect.catchAll(warn),
      Effect.repeat(Schedule.spaced(pause))
    ),
    unknown: record.claimUnknown.pipe(
      Effect.flatMap((intents) => Effect.forEach(intents, oneUnknown, { discard: true })),
      Effect.catchAll(warn),
      Effect.repeat(Schedule.spaced(unknownPause)),
      Effect.delay(unknownPause)
    )
  }
}

const readBefore = Schema.decodeUnknownOption(Before)

/** The parameters with the latest deadline that the write can have been sent with. */
const withLatestDeadline = (
  params: Params,
  { ours, theirs, window }: RecordedTime,
  expiresAfter: number | undefined
): Params =>
  params["deadline"] !== undefined || expiresAfter === undefined
    ? params
    : {
        ...params,
        deadline: DateTime.formatIso(DateTime.unsafeMake((theirs ?? ours) + window + expiresAfter))
      }
