import { Effect } from "effect"
import { KrakenNotPlaced, KrakenOutcomeUnknown } from "../../../services/KrakenErrors.ts"
import type { SendError, Sent } from "../../../services/KrakenWriter.ts"
import { withAccount } from "./accountFingerprints.ts"
import type { makeAmbiguousWrites, OpenWrite } from "./ambiguousWrites.ts"
import type { PreparedWrite, Settlement, UnconfirmedWrite } from "./writeProcedure.ts"

/** Looks up what became of an unconfirmed write. A match that might belong to another open write leaves it unknown. */
export const makeSettleWrite = (ambiguousWrites: ReturnType<typeof makeAmbiguousWrites>) =>
  Effect.fn("KrakenWriter.settle")(function* (
    prepared: PreparedWrite,
    openWrite: OpenWrite,
    attempt: UnconfirmedWrite
  ) {
    const { endpoint, error, params } = attempt
    yield* Effect.logWarning("A write is not confirmed; looking up what became of it", {
      endpoint,
      reason: error.reason
    })
    const found = yield* prepared.settle(attempt)
    const isOurs =
      found._tag !== "Placed" ||
      (yield* ambiguousWrites.isUnambiguous(openWrite, yield* withAccount(found.fingerprints ?? [])))
    const settlement = isOurs ? found : mightBelongToAnother(found.result)
    yield* Effect.logInfo("Looked up what became of a write", { endpoint, settlement: settlement._tag })
    return yield* answerOf(settlement, error, (result) => completed(prepared, result, params))
  })

/** Adds to Kraken's result the values that only this server knows. */
export const completed = (prepared: PreparedWrite, result: unknown, sent: UnconfirmedWrite["params"]): Sent => ({
  result: prepared.complete?.(result, sent) ?? result
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
