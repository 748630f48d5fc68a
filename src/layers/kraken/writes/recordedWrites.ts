import { Data, Effect, Exit, Option, Schema } from "effect"
import { endpoints, type Params, type WriteEndpoint } from "../../../domain/endpoints/endpoints.ts"
import { ApprovalVoid } from "../../../services/Approvals.ts"
import { clockTolerance } from "../../../services/Clocks.ts"
import { noteReceipt } from "../../../services/CallContext.ts"
import type { KrakenClient, LeavingIntent } from "../../../services/KrakenClient.ts"
import { KrakenNotPlaced, KrakenNotRecorded, KrakenWriteBlocked } from "../../../services/KrakenErrors.ts"
import type { SendError, Sent } from "../../../services/KrakenWriter.ts"
import { Principal } from "../../../services/Principal.ts"
import {
  type Earlier,
  type IntentDraft,
  type IntentRef,
  type Limits,
  type Obstacle,
  type Receipt,
  type Record,
  RecordUnavailable
} from "../../../services/Record.ts"
import type { NoRoom } from "../../../domain/mandates/room.ts"
import type { EndedIntent, Notify } from "./notices.ts"
import { accountLabel } from "../../metrics/accountLabel.ts"
import { writes } from "../../metrics/instruments.ts"
import { limitError } from "../limits/limitError.ts"
import { outcomeOf } from "./writeExit.ts"

/** The JSON that the record keeps of the time before a write. */
export const Before = Schema.Struct({
  /** Kraken's clock when the intent was recorded, in Unix milliseconds. Absent if it was hardly known. */
  clock: Schema.optionalWith(Schema.Number, { exact: true }),
  /** The readings of the procedure. */
  readings: Schema.Unknown
})

/** The room that limits had for a write was taken before it was recorded. Nothing was recorded. */
export class NoRoomLeft extends Data.TaggedError("NoRoomLeft")<{ readonly refusal: NoRoom }> {}

/** Tells whether a write passes although it cannot be recorded. */
const isCancel = (endpoint: WriteEndpoint): boolean => endpoints[endpoint].moves === "cancels"

/** The pause between two reads of the outcome of a write that another process sends. */
const pause = "250 millis"

/** The most reads of that outcome: two minutes of them, in which the other process settles the write. */
const maximumReads = 480

/** The facts by which the record recognizes an identical write. */
type Recognized = Pick<IntentDraft, "endpoint" | "identity">

/** Makes the steps of a write that use the record. */
export const makeRecordedWrites = (
  record: typeof Record.Service,
  kraken: typeof KrakenClient.Service,
  notify: Notify
) => {
  /** Makes the error of a write that an earlier one of unknown outcome blocks. */
  const blockedBy = Effect.fnUntraced(function* (endpoint: WriteEndpoint, { blocksFor, seq }: Earlier) {
    const outcome = yield* Effect.orElseSucceed(record.outcome(seq), Option.none)
    const { check, reason } = Option.getOrElse(outcome, () => ({
      reason: "it is being looked up",
      check: "Wait for its answer."
    }))
    return new KrakenWriteBlocked({
      endpoint,
      reason: reason ?? "its outcome is unknown",
      check: check ?? "Read the account to see what happened.",
      ...(blocksFor !== undefined && { secondsLeft: Math.max(1, Math.ceil(blocksFor / 1000)) })
    })
  })

  /** Waits for the outcome of an earlier write and makes the answer of its duplicate, which is not sent. */
  const answerOfDuplicate = Effect.fnUntraced(function* (draft: Recognized, of: Earlier) {
    const { endpoint } = draft
    for (let n = 0; n < maximumReads; n++) {
      const found = yield* record.outcome(of.seq)
      if (Option.isNone(found)) {
        yield* Effect.sleep(pause)
        continue
      }
      const { error, how, ids, outcome, reason, result, state } = found.value
      if (outcome === "happened") {
        const settled = how === undefined ? {} : { settled: { how, ...(state !== undefined && { state }) } }
        return { result, ...settled, duplicateOf: ids } satisfies Sent
      }
      if (outcome === "unknown") return yield* yield* blockedBy(endpoint, of)
      // It was perhaps a repeat of an earlier one, which is in flight or has happened.
      const other = yield* record.recognize(draft, { repeat: false })
      if (Option.isSome(other)) return yield* answerOf(draft, other.value)
      const why = `an identical call that was in flight was not carried out (${error ?? "no error"}: ${reason ?? "no reason"})`
      return yield* new KrakenNotPlaced({ endpoint, reason: `${why}, and this one was not sent` })
    }
    return yield* yield* blockedBy(endpoint, of)
  })

  /** Makes the answer of a write that is not sent for an earlier one. */
  const answerOf = (
    draft: Recognized,
    obstacle: Obstacle
  ): Effect.Effect<Sent, KrakenNotPlaced | KrakenWriteBlocked | RecordUnavailable, Principal> =>
    obstacle._tag === "Duplicate"
      ? answerOfDuplicate(draft, obstacle.of)
      : Effect.flatMap(blockedBy(draft.endpoint, obstacle.by), Effect.fail)

  const notRecorded =
    (endpoint: WriteEndpoint) =>
    <A, E, R>(
      effect: Effect.Effect<A, E | RecordUnavailable, R>
    ): Effect.Effect<A, Exclude<E, RecordUnavailable> | KrakenNotRecorded, R> =>
      Effect.catchIf(
        effect,
        (error) => error instanceof RecordUnavailable,
        ({ reason }) => new KrakenNotRecorded({ endpoint, reason })
      )

  /** Finds the answer of a write that is not sent, since an identical one stands in its way. */
  const recognize = Effect.fnUntraced(function* (draft: Recognized, repeat: boolean) {
    const { endpoint } = draft
    const obstacle = yield* notRecorded(endpoint)(record.recognize(draft, { repeat }))
    return yield* Effect.transposeMapOption(obstacle, (found) => notRecorded(endpoint)(answerOf(draft, found)))
  })

  /** Records a write that was refused before it left. */
  const refused = (write: { readonly endpoint: WriteEndpoint; readonly params: Params }, error: SendError) =>
    record.refused(write, error).pipe(
      // The record leaves out refusals that are repeated.
      Effect.tap((recorded) => (Option.isSome(recorded) ? notify.refused(write.endpoint, error) : Effect.void)),
      Effect.flatMap(Effect.transposeMapOption(noteReceipt)),
      Effect.catchAll(({ message }) => Effect.logError("A refused write could not be recorded", { reason: message }))
    )

  /** Records the refusal of a write for which limits have no room, and fails with it. */
  const refuse = Effect.fnUntraced(function* (write: Pick<IntentDraft, "endpoint" | "params">, refusal: NoRoom) {
    const error = limitError(write.endpoint, refusal)
    yield* refused(write, error)
    return yield* error
  })

  /** Records the end of a write. A failure does not change its answer: the record tries again by itself. */
  const end = (endpoint: WriteEndpoint, intent: EndedIntent, exit: Exit.Exit<Sent, SendError>) => {
    const outcome = outcomeOf(endpoint, exit)
    return record.end(intent, outcome).pipe(
      // An outcome that stays unknown is recorded once.
      Effect.tap((ended) => {
        if (Option.isNone(ended)) return Effect.void
        const counted = Effect.map(Effect.serviceOption(Principal), (principal) => {
          const account = Option.match(principal, {
            onNone: () => "",
            onSome: ({ krakenAccount }) => accountLabel({ account: krakenAccount })
          })
          writes.add(endpoint, outcome.outcome, outcome.error ?? "", account)
        })
        return Effect.zipRight(counted, notify.ended(endpoint, intent, outcome))
      }),
      Effect.catchAll(({ message }) =>
        Effect.as(
          Effect.logError("The outcome of a write could not be recorded yet", { seq: intent.seq, reason: message }),
          Option.none<Receipt>()
        )
      )
    )
  }

  /** Adds what settling in another process needs to know of the time. */
  const withClock = (draft: IntentDraft) =>
    Effect.zipWith(kraken.now, kraken.clock, (now, { within }): IntentDraft => ({
      ...draft,
      before: { readings: draft.before, ...(within <= clockTolerance && { clock: now.epochMillis }) }
    }))

  /**
   * Runs `sending` with a recorded intent, and records its end. Nothing runs if an identical write stands in the way, or
   * if the intent cannot be recorded. A cancel is sent all the same.
   */
  const during = <R>(
    draft: IntentDraft,
    options: { readonly repeat: boolean } & Limits,
    sending: (intent: LeavingIntent | undefined) => Effect.Effect<Sent, SendError, R>
  ) =>
    Effect.uninterruptibleMask((restore) =>
      Effect.gen(function* () {
        const { endpoint } = draft
        const begun = record.begin(yield* withClock(draft), options)
        // Without its row, a cancel that a person approved could be carried out twice.
        const admission = yield* isCancel(endpoint) && draft.approval === undefined
          ? Effect.catchAll(begun, ({ message }) =>
              Effect.as(
                Effect.logError("A cancel is sent without a record of it", { endpoint, reason: message }),
                undefined
              )
            )
          : notRecorded(endpoint)(begun)
        if (admission === undefined) return yield* restore(sending(undefined))
        if (admission._tag === "NotApproved")
          return yield* new ApprovalVoid({ call: endpoint, plan: draft.approval ?? 0, reason: admission.reason })
        if (admission._tag === "NoRoom") return yield* new NoRoomLeft({ refusal: admission.refusal })
        if (admission._tag !== "Begun") return yield* restore(notRecorded(endpoint)(answerOf(draft, admission)))
        const { intent, receipt } = admission
        const leaving: LeavingIntent = { ...intent, mayLeave: record.mayLeave(intent) }
        return yield* Effect.onExit(restore(sending(leaving)), (exit) =>
          // Interrupted with this process, it stays open for the next one, which looks for it.
          Exit.isInterrupted(exit)
            ? Effect.void
            : Effect.flatMap(end(endpoint, intent, exit), (ended) =>
                Effect.zipRight(notify.used(draft, options), noteReceipt(Option.getOrElse(ended, () => receipt)))
              )
        )
      })
    )

  /** Marks a write as being looked up. */
  const unconfirmed = (intent: IntentRef | undefined) =>
    intent === undefined
      ? Effect.void
      : Effect.catchAll(record.settling(intent), ({ message }) =>
          Effect.logError("A write that is looked up could not be marked in the record", { reason: message })
        )

  return { recognize, refused, refuse, during, unconfirmed, end, blockedBy }
}
