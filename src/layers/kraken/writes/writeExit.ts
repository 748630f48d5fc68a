import { Cause, Exit, Option } from "effect"
import { endpoints, type WriteEndpoint } from "../../../domain/endpoints/endpoints.ts"
import type { SendError, Sent } from "../../../services/KrakenWriter.ts"
import type { Outcome } from "../../../services/Record.ts"
import { createdIdsIn } from "./createdIds.ts"

/**
 * Describes the end of a write for the record. Each error but `KrakenOutcomeUnknown` says that nothing happened. A defect
 * says nothing of the kind.
 */
export const outcomeOf = (endpoint: WriteEndpoint, exit: Exit.Exit<Sent, SendError>): Outcome => {
  if (Exit.isSuccess(exit)) {
    const { result, settled } = exit.value
    return { outcome: "happened", ids: createdIdsIn(result), result: withoutSecrets(endpoint, result), ...settled }
  }
  const error = Option.getOrUndefined(Cause.failureOption(exit.cause))
  if (error === undefined)
    return {
      outcome: "unknown",
      error: "Defect",
      reason: "an internal error interrupted it",
      check: "Read the account to see what happened.",
      ids: []
    }
  if (error._tag !== "KrakenOutcomeUnknown")
    return { outcome: "did-not-happen", error: error._tag, reason: error.message, ids: [] }
  const { check, reason, safeToRepeat } = error
  return { outcome: "unknown", error: error._tag, reason, check, ...(safeToRepeat && { safeToRepeat }), ids: [] }
}

const withoutSecrets = (endpoint: WriteEndpoint, result: unknown): unknown => {
  const { secrets } = endpoints[endpoint]
  if (secrets.length === 0 || typeof result !== "object" || result === null) return result
  return Object.fromEntries(Object.entries(result).filter(([name]) => !secrets.includes(name)))
}

/** Gives the tag of the error in a cause. Undefined for a defect or an interruption. */
export const errorTagOf = (cause: Cause.Cause<SendError>): SendError["_tag"] | undefined =>
  Option.getOrUndefined(Option.map(Cause.failureOption(cause), ({ _tag }) => _tag))
