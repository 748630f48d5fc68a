import { Effect, Either, Ref } from "effect"
import { endpoints, type Params, type WriteEndpoint } from "../../../domain/endpoints/endpoints.ts"
import type { LeavingIntent } from "../../../services/KrakenClient.ts"
import { KrakenOutcomeUnknown } from "../../../services/KrakenErrors.ts"
import { withDeadline } from "./orderDefaults.ts"
import { completed, type SettleWrite } from "./settleWrite.ts"
import { depart, type Departure } from "./timing.ts"
import type { PreparedWrite, ProcedureContext, UnconfirmedWrite, WriteProcedure } from "./writeProcedure.ts"

/** A request as it was last sent. */
interface Transmission {
  readonly params: Params
  readonly departure: Departure
}

/** A write that is sent now. */
interface Sending {
  readonly endpoint: WriteEndpoint
  readonly procedure: WriteProcedure
  readonly prepared: PreparedWrite
  /** Absent for a cancel that could not be recorded. */
  readonly intent: LeavingIntent | undefined
  /** Has to run before the write is settled. */
  readonly unconfirmed: Effect.Effect<void>
}

/** Makes the function that sends a prepared write, and settles it if Kraken's answer does not confirm it. */
export const makeSendOnce = (context: ProcedureContext, settle: SettleWrite) =>
  Effect.fnUntraced(function* ({ endpoint, intent, prepared, procedure, unconfirmed }: Sending) {
    // The client runs `stamped` when the turn in the lane has come, and again after a refused nonce.
    const transmission = yield* Ref.make<Transmission>({
      params: prepared.params,
      departure: yield* depart(context.kraken)
    })
    const { moves, priority } = endpoints[endpoint]
    const stamp = procedure.hasDeadline ? withDeadline(context) : (params: Params) => params
    const stamped = depart(context.kraken).pipe(
      Effect.map((departure) => ({ departure, params: stamp(prepared.params, departure.at) })),
      Effect.tap((sent) => Ref.set(transmission, sent)),
      // The request for a token of the feed comes into the lane after this write.
      Effect.tap(() => (moves === "orders" || moves === "cancels" ? context.observed.keep : Effect.void)),
      Effect.map(({ params }) => params)
    )
    const answer = yield* context.kraken.write(endpoint, prepared.params, { priority, stamped, intent }).pipe(
      Effect.map(Either.right),
      Effect.catchTag("KrakenOutcomeUnknown", (error) => Effect.succeed(Either.left(error)))
    )
    const { departure, params } = yield* Ref.get(transmission)
    const lookUp = (attempt: Pick<UnconfirmedWrite, "error" | "result">) =>
      Effect.zipRight(
        unconfirmed,
        settle(procedure, prepared, { endpoint, params, departure, ...attempt }, intent, params)
      )
    if (Either.isLeft(answer)) return yield* lookUp({ error: answer.left })
    return procedure.isConfirmed(answer.right, params)
      ? completed(procedure, answer.right, params)
      : yield* lookUp({ error: notConfirmed(endpoint), result: answer.right })
  })

/** The reason to look up a write whose answer has no error, and none of the ids that the endpoint promises. */
const notConfirmed = (endpoint: WriteEndpoint) =>
  new KrakenOutcomeUnknown({
    endpoint,
    reason: "the answer lacks the ids or values that confirm it",
    check: "",
    safeToRepeat: false
  })
