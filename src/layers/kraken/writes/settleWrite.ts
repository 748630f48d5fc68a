import { Effect, Exit } from "effect"
import type { Params } from "../../../domain/endpoints/endpoints.ts"
import { KrakenNotPlaced, KrakenOutcomeUnknown } from "../../../services/KrakenErrors.ts"
import type { SendError, Sent } from "../../../services/KrakenWriter.ts"
import type { IntentRef, Record } from "../../../services/Record.ts"
import { timed } from "../../metrics/instrument.ts"
import { settlements } from "../../metrics/instruments.ts"
import { createdIdsIn } from "./createdIds.ts"
import type { PreparedWrite, ProcedureContext, Settlement, UnconfirmedWrite, WriteProcedure } from "./writeProcedure.ts"

export type SettleWrite = ReturnType<typeof makeSettleWrite>

/**
 * Makes the function that looks up what became of an unconfirmed write. A match that might belong to another write of the
 * record, of this process or another one, leaves it unknown. `sent` are the parameters that the answer shows.
 */
export const makeSettleWrite = (context: ProcedureContext, record: typeof Record.Service) => {
  /** Tells whether a match can only be that of this write. It was read before, so a write that made it is recorded. */
  const isOurs = Effect.fnUntraced(function* (
    intent: IntentRef | undefined,
    fingerprints: ReadonlyArray<string>,
    result: unknown
  ) {
    // In this order: a write that ends in between has recorded its ids when it is no longer open.
    if (intent !== undefined && fingerprints.length > 0 && (yield* record.isAmbiguous(intent, fingerprints)))
      return false
    const ids = createdIdsIn(result)
    return ids.length === 0 || (yield* record.madeBefore(ids)).size === 0
  })

  return Effect.fn("KrakenWriter.settle")(function* (
    procedure: WriteProcedure,
    { before, fingerprints }: Pick<PreparedWrite, "before" | "fingerprints">,
    attempt: UnconfirmedWrite,
    intent: IntentRef | undefined,
    sent: Params
  ) {
    const { endpoint, error } = attempt
    yield* Effect.logWarning("A write is not confirmed; looking up what became of it", {
      endpoint,
      reason: error.reason
    })
    const found = yield* Effect.catchTag(procedure.settle(context, attempt, before), "ParseError", () =>
      Effect.succeed(unreadable)
    ).pipe(timed((seconds, exit) => settlements.record(seconds, endpoint, Exit.isSuccess(exit) ? exit.value._tag : "")))
    const settlement =
      found._tag === "Placed"
        ? yield* isOurs(intent, [...fingerprints, ...(found.fingerprints ?? [])], found.result).pipe(
            Effect.map((isOurs) => (isOurs ? found : mightBelongToAnother(found.result))),
            Effect.catchAll(({ reason }) => Effect.succeed(uncertain(reason, found.result)))
          )
        : found
    yield* Effect.logInfo("Looked up what became of a write", { endpoint, settlement: settlement._tag })
    return yield* answerOf(settlement, error, (result) => completed(procedure, result, sent))
  })
}

/** Adds to Kraken's result the values that only this server knows. */
export const completed = (procedure: WriteProcedure, result: unknown, sent: Params): Sent => ({
  result: procedure.complete?.(result, sent) ?? result
})

const unreadable: Settlement = {
  _tag: "Unknown",
  reason: "the record does not show what was read before it was sent",
  check: "Read the account to see what happened."
}

const uncertain = (reason: string, result: unknown): Settlement => ({
  _tag: "Unknown",
  reason: `a match was found, but the record does not show that no other write made it (${reason})`,
  check: `Found: ${JSON.stringify(result)}. Count the matches on the account before you send it again.`
})

const mightBelongToAnother = (result: unknown): Settlement => ({
  _tag: "Unknown",
  reason: "a match was found, but it might belong to another write with the same terms, whose outcome is open as well",
  check: `Found: ${JSON.stringify(result)}. Count the matches on the account before you send it again.`
})

/** Makes the answer of the caller from a settlement. */
const answerOf = (
  settlement: Settlement,
  { cause, endpoint, reason }: KrakenOutcomeUnknown,
  complete: (result: unknown) => Sent
): Effect.Effect<Sent, SendError> => {
  switch (settlement._tag) {
    case "Placed": {
      const how = `Kraken did not confirm it (${reason}); it was found on the account afterwards`
      return Effect.succeed({
        ...complete(settlement.result),
        settled: { how, ...(settlement.state !== undefined && { state: settlement.state }) }
      })
    }
    case "NotPlaced":
      return new KrakenNotPlaced({ endpoint, reason: `${reason}; ${settlement.reason}` })
    case "Unknown":
      return new KrakenOutcomeUnknown({
        endpoint,
        reason: settlement.reason === reason ? reason : `${reason}; ${settlement.reason}`,
        check: settlement.check,
        safeToRepeat: settlement.safeToRepeat ?? false,
        stillOpen: settlement.stillOpen,
        cause
      })
  }
}
