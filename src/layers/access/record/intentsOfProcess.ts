import { Duration, Effect, Option, Schedule, SynchronizedRef } from "effect"
import { endpoints } from "../../../domain/endpoints/endpoints.ts"
import type { NoRoom } from "../../../domain/mandates/room.ts"
import type { Intent } from "../../../domain/record/events.ts"
import { Principal } from "../../../services/Principal.ts"
import type {
  AbandonedIntent,
  IntentDraft,
  IntentRef,
  Limits,
  Outcome,
  RecordUnavailable
} from "../../../services/Record.ts"
import { draftOf } from "./activity.ts"
import { type Head, receiptOf } from "./chain.ts"
import * as Intents from "./intents.ts"
import { judge } from "./limits.ts"
import { logHead } from "./logHead.ts"
import type { Now } from "./now.ts"
import { actorOf, partyOf } from "./party.ts"
import { type RecordTransactions, shortWait, usualWait } from "./recordTransactions.ts"
import * as Settlement from "./settlement.ts"
import { countedTime, storeWindowTime } from "./windows.ts"

/** The longest wait of an intent for its turn, in milliseconds. After it, the request is not sent. */
const leaveWithin = Duration.toMillis("30 seconds")

/** The pause between two renewals of the leases of this process. */
const renewEvery = "5 seconds"

/**
 * Makes the part of the record by which one process begins intents, keeps their leases, ends them, and takes over those of
 * processes that have ended. Rows are those of one key. `stopOf` looks for a stop that holds although the record cannot be
 * used.
 */
export const makeIntentsOfProcess = Effect.fnUntraced(function* (
  { process, recordLater, unlessEmpty, write }: RecordTransactions,
  key: string,
  stopOf: (draft: IntentDraft) => NoRoom | undefined
) {
  const scope = yield* Effect.scope
  const party = partyOf(key)

  /**
   * Keeps the leases of this process for as long as it has open intents. The last look at these and the end of the
   * renewals are one step, so that an intent that is begun meanwhile starts them again.
   */
  const isRenewing = yield* SynchronizedRef.make(false)
  const renew = write(function* (now) {
    const open = yield* Intents.hasOpen(now)
    if (open) yield* Intents.renew(now)
    return open
  }).pipe(
    Effect.catchAll(({ message }) => Effect.as(Effect.logWarning(message), true)),
    (renewed) => SynchronizedRef.updateAndGetEffect(isRenewing, () => renewed),
    Effect.delay(renewEvery),
    Effect.repeat({ while: (open) => open }),
    Effect.interruptible
  )
  const startRenewing = SynchronizedRef.updateEffect(isRenewing, (runs) =>
    runs ? Effect.succeed(true) : Effect.as(Effect.forkIn(renew, scope), true)
  )

  const begin = Effect.fn("Record.begin")(function* (
    draft: IntentDraft,
    { repeat, ...limits }: { readonly repeat: boolean } & Limits
  ) {
    const { account, caller } = yield* Principal
    const own = yield* party
    const stop = stopOf(draft)
    if (stop !== undefined) return { _tag: "NoRoom", refusal: stop } as const
    const wait = endpoints[draft.endpoint].moves === "cancels" ? shortWait : usualWait
    let attempted: Head | undefined
    const { admission, leaveBy } = yield* write(function* (now) {
      const hasTransfers = draft.claim?.spends.some(({ kind }) => kind !== "order")
      const countedAt = hasTransfers ? yield* countedTime(now, own, limits) : undefined
      const intent = intentOf(draft, { key, account, actor: actorOf(caller), at: now.wall, countedAt })
      const admission = yield* Intents.begin(now, intent, repeat, () => judge(now, own, draft, limits))
      attempted = admission._tag === "Begun" ? admission.head : undefined
      if (admission._tag === "Begun" && draft.claim !== undefined) yield* storeWindowTime(now, own, limits)
      return { admission, leaveBy: intent.leaveBy }
    }, wait).pipe(
      // A database on the network can keep what it could not confirm any more. The request does not leave.
      Effect.tapError(() =>
        Effect.sync(() => {
          if (attempted === undefined) return
          const unsent = attempted
          recordLater(unsent.seq, (now) => Intents.endUnsent(now, unsent))
        })
      )
    )
    if (admission._tag !== "Begun") return admission
    yield* startRenewing
    yield* logHead(admission.head)
    const intent: IntentRef = { seq: admission.head.seq, account, owner: process, leaveBy }
    return { _tag: "Begun", intent, receipt: receiptOf(admission.head) } as const
  }, Effect.uninterruptible)

  const end = Effect.fn("Record.end")(function* (intent: IntentRef, outcome: Outcome) {
    const ended = (now: Now) => Intents.end(now, { ...outcome, kind: "outcome", at: now.wall, intent: intent.seq })
    const record = write(ended, shortWait).pipe(
      Effect.tap((head) => (head === undefined ? Effect.void : logHead(head)))
    )
    // Without its outcome, the intent would stay open for as long as this process runs.
    const later = Effect.retry(Effect.delay(record, renewEvery), Schedule.forever).pipe(Effect.interruptible)
    const head = yield* Effect.tapError(record, () => {
      recordLater(intent.seq, ended)
      return Effect.forkIn(later, scope)
    })
    return Option.fromNullable(head).pipe(Option.map(receiptOf))
  }, Effect.uninterruptible)

  type Claim = typeof Settlement.claimAbandoned<AbandonedIntent>

  /** Takes over writes that need to be looked up. */
  const claiming = (claim: Claim): Effect.Effect<ReadonlyArray<AbandonedIntent>, RecordUnavailable> =>
    unlessEmpty(
      [],
      write((now) =>
        claim(now, key, function* (seq) {
          const draft = yield* draftOf(seq)
          return draft && { ...draft, owner: process }
        })
      )
    ).pipe(
      Effect.tap((claimed) => (claimed.length > 0 ? startRenewing : Effect.void)),
      Effect.uninterruptible
    )

  return {
    begin,
    end,
    settling: ({ seq }: Pick<IntentRef, "seq">) => {
      const mark = () => Settlement.markSettling(seq)
      return Effect.tapError(write(mark), () => Effect.sync(() => recordLater(seq, mark)))
    },
    claimAbandoned: claiming(Settlement.claimAbandoned),
    claimUnknown: claiming(Settlement.claimUnknown)
  }
})

/** The intent of a draft. Fields that are `undefined` are left out, as they are when the request is sent. */
const intentOf = (
  { approval, before, claim, endpoint, expiresAfter, fingerprints, identity, params }: IntentDraft,
  {
    account,
    actor,
    at,
    countedAt,
    key
  }: Pick<Intent, "account" | "actor" | "at" | "key"> & { readonly countedAt: number | undefined }
): Intent => ({
  kind: "intent",
  ...(countedAt !== undefined && { countedAt }),
  at,
  actor,
  key,
  account,
  endpoint,
  request: params,
  fingerprints,
  leaveBy: at + leaveWithin,
  ...(before !== undefined && { before }),
  ...(claim !== undefined && { claim }),
  ...(approval !== undefined && { approval }),
  ...(identity !== undefined && { identity }),
  ...(expiresAfter !== undefined && { expires: at + leaveWithin + Math.ceil(expiresAfter) })
})
