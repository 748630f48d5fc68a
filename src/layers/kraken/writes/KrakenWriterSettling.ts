import { Effect, Layer, Option } from "effect"
import { writeIdentity } from "../../../domain/orders/writeIdentity.ts"
import { KrakenWriter } from "../../../services/KrakenWriter.ts"
import { Principal } from "../../../services/Principal.ts"
import type { IntentDraft } from "../../../services/Record.ts"
import { isRecognizable } from "./duplicates.ts"
import { expiryOf } from "./orderDefaults.ts"
import { makeSendOnce } from "./sendOnce.ts"
import { writeParts } from "./writeParts.ts"
import { type Blocked, makeWriteFibers, type Send } from "./writeFibers.ts"

/**
 * Sends each write once, in its own fiber, and settles the writes that no answer confirms. A write passes these files:
 * - `writeFibers.ts` starts the fiber, and lets callers of identical writes in flight wait for the same answer.
 * - `recordedWrites.ts` recognizes an identical write in the record, which all processes share.
 * - `procedures.ts` gives the procedure of the endpoint, which prepares the write.
 * - `recordedWrites.ts` records the intent before the write leaves, and later its outcome.
 * - `sendOnce.ts` sends it and checks the answer by `confirmation.ts`.
 * - `settleWrite.ts` has the procedure look it up. Orders, amendments, withdrawals and Earn poll the account
 *   (`pollUntilSettled.ts`); cancels are repeated (`repeatUntilSettled.ts`).
 *
 * `AbandonedWritesSettling.ts` does the last step for writes whose process has ended.
 */
export const KrakenWriterSettling = Layer.scoped(
  KrakenWriter,
  Effect.gen(function* () {
    const { context, procedure, record, recorded, settle } = yield* writeParts
    const sendOnce = makeSendOnce(context, settle)

    const send: Send = Effect.fn("KrakenWriter.carryOut")(function* ({ endpoint, identity, repeat }, params) {
      const { hasDeadline, prepare, reads } = procedure[endpoint]
      const draft = { endpoint, ...(identity !== undefined && { identity }) }
      const found = identity === undefined || reads !== true ? Option.none() : yield* recorded.recognize(draft, repeat)
      if (Option.isSome(found)) return found.value
      // Kraken's clock is known once the key is. Until then, deadlines would be set by our clock.
      yield* context.keys.known
      const prepared = yield* Effect.tapError(prepare(context, endpoint, params, repeat), (error) =>
        recorded.refused({ endpoint, params }, error)
      )
      if ("duplicateOf" in prepared) return prepared
      const now = yield* context.kraken.now
      const intent: IntentDraft = {
        ...draft,
        params: prepared.params,
        before: prepared.before,
        fingerprints: prepared.fingerprints,
        ...(hasDeadline && { expiresAfter: expiryOf(context, prepared.params, now) })
      }
      return yield* recorded.during(intent, repeat, (intent) =>
        sendOnce({
          endpoint,
          procedure: procedure[endpoint],
          prepared,
          intent,
          // The mark is for identical writes. A cancel has none, and is sent again at once.
          unconfirmed: identity === undefined ? Effect.void : recorded.unconfirmed(intent)
        })
      )
    })

    /** A call that waited for an identical one is told what blocks it, if the outcome of that one is unknown. */
    const blocked: Blocked = (write) =>
      Effect.fnUntraced(function* (error) {
        if (error._tag !== "KrakenOutcomeUnknown" || error.safeToRepeat) return yield* error
        const draft = { endpoint: write.endpoint, ...(write.identity !== undefined && { identity: write.identity }) }
        const obstacle = yield* Effect.orElseSucceed(record.recognize(draft, { repeat: true }), Option.none)
        return yield* Option.isSome(obstacle) && obstacle.value._tag === "Blocked"
          ? yield* recorded.blockedBy(write.endpoint, obstacle.value.by)
          : error
      })

    const { run, settled } = yield* makeWriteFibers(send, blocked)
    return KrakenWriter.of({
      settled,
      send: Effect.fn("KrakenWriter.send")(function* (endpoint, { repeat, ...params }) {
        const { account, caller } = yield* Principal
        // Cancels are not recognized, and so do not wait for the names of assets and pairs.
        const identity = isRecognizable(endpoint)
          ? `${account} ${writeIdentity(endpoint, params, yield* context.directory)}`
          : undefined
        return yield* run({ endpoint, identity, caller: caller.id, repeat: repeat === true }, params)
      })
    })
  })
)
