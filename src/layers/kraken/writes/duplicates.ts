import { Cause, Deferred, Duration, Effect, Exit, FiberId, Option } from "effect"
import type { WriteEndpoint } from "../../../domain/endpoints/endpoints.ts"
import { monotonic } from "../../../services/Clocks.ts"
import { type KrakenOutcomeUnknown, KrakenWriteBlocked } from "../../../services/KrakenErrors.ts"
import type { SendError, Sent } from "../../../services/KrakenWriter.ts"
import { createdIdsIn } from "./createdIds.ts"

/** A write, with the facts by which it is recognized. */
export interface Write {
  readonly endpoint: WriteEndpoint
  /** Account and content. Equal for two writes that would do the same to the same account. Undefined if never recognized. */
  readonly identity: string | undefined
  readonly caller: string
  /** True if its caller wants the write although an identical one was just sent. */
  readonly repeat: boolean
}

/** A write that was begun by this process. */
export interface RecentWrite extends Write {
  readonly answer: Deferred.Deferred<Sent, SendError>
  /** True if no answer confirmed the write and it was not found on the account yet. */
  isOpen: boolean
  /** The time until which it is remembered, in monotonic milliseconds. Infinite while it is in flight. */
  until: number
  error?: KrakenOutcomeUnknown
}

/** The decision on a write before it is sent, by the recent writes of this process. */
export type Recognition =
  | { readonly _tag: "New"; readonly begun: RecentWrite }
  /** An identical write is in flight or has just ended, so this one is not sent. */
  | { readonly _tag: "Duplicate"; readonly of: RecentWrite }
  /** It is unknown whether an identical write happened, so no caller is allowed to send another one. */
  | { readonly _tag: "Blocked"; readonly error: KrakenWriteBlocked }

/**
 * The endpoints at which a second identical write needs `repeat`. A second cancel can have new orders to cancel, and a
 * second export or token does no harm.
 */
const recognizable: Readonly<Record<WriteEndpoint, boolean>> = {
  "private/AddOrder": true,
  "private/AddOrderBatch": true,
  "private/AmendOrder": true,
  "private/EditOrder": true,
  "private/CancelOrder": false,
  "private/CancelOrderBatch": false,
  "private/CancelAll": false,
  "private/CancelAllOrdersAfter": false,
  "private/Withdraw": true,
  "private/WithdrawCancel": false,
  "private/WalletTransfer": true,
  "private/AccountTransfer": true,
  "private/CreateSubaccount": true,
  "private/Earn/Allocate": true,
  "private/Earn/Deallocate": true,
  "private/DepositAddresses": true,
  "private/AddExport": false,
  "private/RemoveExport": false,
  "private/GetWebSocketsToken": false
}

/** Tells whether a second identical write to an endpoint needs `repeat`. */
export const isRecognizable = (endpoint: WriteEndpoint): boolean => recognizable[endpoint]

/** Time after the end of a write for which an identical one of the same caller is a duplicate, in milliseconds. */
const usualWindow = Duration.toMillis("2 seconds")

/** The same for withdrawals, which cannot be reversed, in milliseconds. It holds for all callers. */
const withdrawalWindow = Duration.toMillis("10 minutes")

/** Time for which an unknown outcome blocks identical writes, in milliseconds. */
const blockWindow = Duration.toMillis("10 minutes")

/** Makes the set of recent writes by which duplicates are recognized. All times are monotonic milliseconds. */
export const makeDuplicates = () => {
  const writes = new Set<RecentWrite>()

  /** Recognizes an identical earlier write, or adds this one, in one step. */
  const recognize = (write: Write, now: number): Recognition => {
    for (const earlier of writes) if (earlier.until <= now) writes.delete(earlier)
    if (write.identity === undefined) return { _tag: "New", begun: begin(write) }
    const identical = [...writes].filter(({ identity }) => identity === write.identity)
    const own = identical.findLast(({ caller }) => caller === write.caller || write.endpoint === "private/Withdraw")
    if (own?.until === Infinity && !write.repeat) return { _tag: "Duplicate", of: own }
    const open = identical.find(({ isOpen }) => isOpen)
    if (open !== undefined) return { _tag: "Blocked", error: blockedBy(open, now) }
    if (own !== undefined && !write.repeat) return { _tag: "Duplicate", of: own }
    const begun = begin(write)
    writes.add(begun)
    return { _tag: "New", begun }
  }

  /** Notes that no answer confirmed a write, so that it blocks identical ones while it is looked up. */
  const markUnconfirmed = (write: RecentWrite): void => {
    write.isOpen = true
  }

  /** Notes the end of a write. Has to run before its waiters get the answer. */
  const end = (begun: RecentWrite, exit: Exit.Exit<Sent, SendError>, now: number): void => {
    if (Exit.isSuccess(exit)) {
      begun.isOpen = false
      begun.until = now + (begun.endpoint === "private/Withdraw" ? withdrawalWindow : usualWindow)
      // It was not sent, since Kraken's list showed an identical one. That list decides how long this counts.
      if (exit.value.duplicateOf !== undefined) writes.delete(begun)
      return
    }
    const error = Option.getOrUndefined(Cause.failureOption(exit.cause))
    // A defect does not show that nothing happened.
    const isOpen = error === undefined || (error._tag === "KrakenOutcomeUnknown" && !error.safeToRepeat)
    if (!isOpen) writes.delete(begun)
    begun.isOpen = isOpen
    begun.until = now + blockWindow
    if (error?._tag === "KrakenOutcomeUnknown") begun.error = error
  }

  /** Waits for the answer of an earlier write, for a duplicate that was not sent. */
  const answerOf = (earlier: RecentWrite): Effect.Effect<Sent, SendError> =>
    Deferred.await(earlier.answer).pipe(
      Effect.map((sent): Sent => ({ ...sent, duplicateOf: createdIdsIn(sent.result) })),
      Effect.catchTag("KrakenOutcomeUnknown", (error) =>
        Effect.flatMap(monotonic, (now) => Effect.fail(earlier.isOpen ? blockedBy(earlier, now) : error))
      )
    )

  return { recognize, markUnconfirmed, end, answerOf }
}

const blockedBy = ({ endpoint, error, until }: RecentWrite, now: number) =>
  new KrakenWriteBlocked({
    endpoint,
    reason: error?.reason ?? (until === Infinity ? "it is being looked up" : "an internal error interrupted it"),
    check: error?.check ?? (until === Infinity ? "Wait for its answer." : "Read the account to see what happened."),
    ...(until !== Infinity && { secondsLeft: Math.max(1, Math.ceil((until - now) / 1000)) })
  })

const begin = (write: Write): RecentWrite => ({
  ...write,
  answer: Deferred.unsafeMake(FiberId.none),
  isOpen: false,
  until: Infinity
})
