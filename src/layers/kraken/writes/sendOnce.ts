import { Effect, Either, Ref } from "effect"
import { endpoints, type Params, type WriteEndpoint } from "../../../domain/endpoints/endpoints.ts"
import { KrakenOutcomeUnknown } from "../../../services/KrakenErrors.ts"
import type { makeAmbiguousWrites, OpenWrite } from "./ambiguousWrites.ts"
import { createdIdsIn } from "./createdIds.ts"
import { completed, makeSettleWrite } from "./settleWrite.ts"
import { depart, type Departure } from "./timing.ts"
import type { PreparedWrite, ProcedureContext } from "./writeProcedure.ts"

/** A request as it was last sent. */
interface Transmission {
  readonly params: Params
  readonly departure: Departure
}

/** Makes the function that sends a prepared write, and settles it if Kraken's answer does not confirm it. */
export const makeSendOnce = (context: ProcedureContext, ambiguousWrites: ReturnType<typeof makeAmbiguousWrites>) => {
  const settle = makeSettleWrite(ambiguousWrites)
  return Effect.fnUntraced(function* (endpoint: WriteEndpoint, prepared: PreparedWrite, openWrite: OpenWrite) {
    // The client runs `stamped` when the turn in the lane has come, and again after a refused nonce.
    const transmission = yield* Ref.make<Transmission>({
      params: prepared.params,
      departure: yield* depart(context.kraken)
    })
    const stamped = depart(context.kraken).pipe(
      Effect.map((departure) => ({
        departure,
        params: prepared.stamp?.(prepared.params, departure.at) ?? prepared.params
      })),
      Effect.tap((sent) => Ref.set(transmission, sent)),
      Effect.map(({ params }) => params)
    )
    const { priority } = endpoints[endpoint]
    const answer = yield* context.kraken.write(endpoint, prepared.params, { priority, stamped }).pipe(
      Effect.map(Either.right),
      Effect.catchTag("KrakenOutcomeUnknown", (error) => Effect.succeed(Either.left(error)))
    )
    const { departure, params } = yield* Ref.get(transmission)
    const sent = Either.isLeft(answer)
      ? yield* settle(prepared, openWrite, { endpoint, params, departure, error: answer.left })
      : prepared.isConfirmed(answer.right, params)
        ? completed(prepared, answer.right, params)
        : yield* settle(prepared, openWrite, {
            endpoint,
            params,
            departure,
            error: notConfirmed(endpoint),
            result: answer.right
          })
    context.createdIds.add(createdIdsIn(sent.result))
    return sent
  })
}

/** The reason to look up a write whose answer has no error, and none of the ids that the endpoint promises. */
const notConfirmed = (endpoint: WriteEndpoint) =>
  new KrakenOutcomeUnknown({
    endpoint,
    reason: "the answer lacks the ids or values that confirm it",
    check: "",
    safeToRepeat: false
  })
