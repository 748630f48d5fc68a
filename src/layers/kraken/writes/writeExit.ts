import { Cause, Exit, Option } from "effect"
import type { SendError, Sent } from "../../../services/KrakenWriter.ts"
import type { Outcome } from "../../../services/Record.ts"

/**
 * Classifies the end of a write. Each error but `KrakenOutcomeUnknown` says that nothing happened. A defect or an
 * interruption says nothing of the kind.
 */
export const outcomeOf = (exit: Exit.Exit<Sent, SendError>): Outcome => {
  if (Exit.isSuccess(exit)) return { _tag: "Happened" }
  const error = errorTagOf(exit.cause)
  if (error !== undefined) return { _tag: error === "KrakenOutcomeUnknown" ? "Unknown" : "DidNotHappen", error }
  return { _tag: "Unknown", error: Cause.isInterruptedOnly(exit.cause) ? "Interrupted" : "Defect" }
}

/** Tells whether a write that ended might have happened, or might still happen. */
export const isOpen = (exit: Exit.Exit<Sent, SendError>): boolean => outcomeOf(exit)._tag === "Unknown"

/** Gives the tag of the error in a cause. Undefined for a defect or an interruption. */
export const errorTagOf = (cause: Cause.Cause<SendError>): SendError["_tag"] | undefined =>
  Option.getOrUndefined(Option.map(Cause.failureOption(cause), ({ _tag }) => _tag))
