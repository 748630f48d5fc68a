import { Cause, Deferred, Duration, Effect, Exit, FiberId, Option } from "effect"
import type { WriteEndpoint } from "../../../domain/endpoints/endpoints.ts"
import { monotonic } from "../../../services/Clocks.ts"
import { type KrakenOutcomeUnknown, KrakenWriteBlocked } from "../../../services/KrakenErrors.ts"
import type { SendError, Sent } from "../../../services/KrakenWriter.ts"
import { idsIn } from "./ids.ts"

/** A write as it is told from others. */
export interface Write {
  readonly endpoint: WriteEndpoint
  /** Account and content: equal for two writes that would do the same to the same account. Absent: never recognised. */
  readonly identity: string | undefined
  readonly caller: string
  /** Its caller says that it is meant although an identical one was just sent. */
  readonly repeat: boolean
}

/** A write that was begun. */
export interface RecentWrite extends Write {
  readonly answer: Deferred.Deferred<Sent, SendError>
  /** Its outcome is open: no answer came, and it was not found yet. */
  isOpen: boolean
  /** Until when it counts, in monotonic milliseconds; without limit while it is in flight. */
  until: number
  error?: KrakenOutcomeUnknown
}

export type Recognition =
  | { readonly _tag: "New"; readonly begun: RecentWrite }
  /** An identical write is in flight or has just ended, and this one is not to be sent. */
  | { readonly _tag: "Duplicate"; readonly of: RecentWrite }
  /** It is not known whether an identical write has happened, so nobody may send another one. */
  | { readonly _tag: "Blocked"; readonly error: KrakenWriteBlocked }

/**
 * Tells of each write whether a second identical one has to be meant. Cancels have work of their own, what is open by
 * then; an export or a token that is made twice does no harm.
 */
const recognized: Readonly<Record<WriteEndpoint, boolean>> = {
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

/** Decides whether a second identical write to an endpoint has to be meant. */
export const isRecognizable = (endpoint: WriteEndpoint): boolean => recognized[endpoint]

/** How long after its end an identical write of the same caller is taken for the same one, in milliseconds. */
const usualWindow = Duration.toMillis("2 seconds")

/** The same for a withdrawal, whoever sends it: it can't be taken back. */
const withdrawalWindow = Duration.toMillis("10 minutes")

/** How long an unknown outcome blocks identical writes, in milliseconds. */
const blockWindow = Duration.toMillis("10 minutes")

/** The writes of this process by which identical ones are recognised. All times are monotonic milliseconds. */
export const makeDuplicates = () => {
  const writes = new Set<RecentWrite>()

  /** Looks for an earlier write that is identical, and takes the place of a new one, in one step. */
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

  /** Notes the end of a write, before those that wait for it are told. */
  const end = (begun: RecentWrite, exit: Exit.Exit<Sent, SendError>, now: number): void => {
    if (Exit.isSuccess(exit)) {
      begun.isOpen = false
      begun.until = now + (begun.endpoint === "private/Withdraw" ? withdrawalWindow : usualWindow)
      // Kraken's list already showed an identical one, so it was not sent; the list tells how long that counts.
      if (exit.value.duplicateOf !== undefined) writes.delete(begun)
      return
    }
    const error = Option.getOrUndefined(Cause.failureOption(exit.cause))
    // A failure without an error is a fault of ours, which does not tell that nothing happened.
    const isOpen = error === undefined || (error._tag === "KrakenOutcomeUnknown" && !error.safeToRepeat)
    if (!isOpen) writes.delete(begun)
    begun.isOpen = isOpen
    begun.until = now + blockWindow
    if (error?._tag === "KrakenOutcomeUnknown") begun.error = error
  }

  /** Gives the answer of an earlier write to one that was not sent. */
  const answerOf = (earlier: RecentWrite): Effect.Effect<Sent, SendError> =>
    Deferred.await(earlier.answer).pipe(
      Effect.map((sent): Sent => ({ ...sent, duplicateOf: idsIn(sent.result) })),
      Effect.catchTag("KrakenOutcomeUnknown", (error) =>
        Effect.flatMap(monotonic, (now) => Effect.fail(earlier.isOpen ? blockedBy(earlier, now) : error))
      )
    )

  return { recognize, end, answerOf }
}

const blockedBy = ({ endpoint, error, until }: RecentWrite, now: number) =>
  new KrakenWriteBlocked({
    endpoint,
    reason: error?.reason ?? (until === Infinity ? "it is being looked up" : "an internal error cut it off"),
    check: error?.check ?? (until === Infinity ? "Wait for its answer." : "Read the account to see what happened."),
    ...(until !== Infinity && { secondsLeft: Math.max(1, Math.ceil((until - now) / 1000)) })
  })

const begin = (write: Write): RecentWrite => ({
  ...write,
  answer: Deferred.unsafeMake(FiberId.none),
  isOpen: false,
  until: Infinity
})
