import { Effect, Layer, Option } from "effect"
import { endpoints, type Params, type WriteEndpoint } from "../../../domain/endpoints/endpoints.ts"
import { writeIdentity } from "../../../domain/orders/writeIdentity.ts"
import { KrakenWriter, type SendError } from "../../../services/KrakenWriter.ts"
import { Principal } from "../../../services/Principal.ts"
import type { IntentDraft } from "../../../services/Record.ts"
import type { Room } from "../limits/limitGuard.ts"
import { isRecognizable } from "./duplicates.ts"
import { expiryOf } from "./orderDefaults.ts"
import { type Content, makeOwnCancels } from "./ownCancels.ts"
import { makeSendOnce } from "./sendOnce.ts"
import { writeParts } from "./writeParts.ts"
import { type AfterFailure, makeWriteFibers, type Send } from "./writeFibers.ts"

/**
 * Sends each write once, in its own fiber, and settles the writes that no answer confirms. A write passes these files:
 * - `writeFibers.ts` starts the fiber, and lets callers of identical writes in flight wait for the same answer.
 * - `ownCancels.ts` binds cancels of a caller under a mandate to its own orders.
 * - `recordedWrites.ts` recognizes an identical write in the record, which all processes share.
 * - `resolveSize.ts` replaces a size such as `50%` by the volume that it comes to.
 * - `../limits/limitGuard.ts` judges it by the mandate of its caller and the limits of the server, and asks a person.
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
    const { approvals, context, guard, procedure, record, recorded, resolve, settle } = yield* writeParts
    const sendOnce = makeSendOnce(context, settle)

    const refused =
      (endpoint: WriteEndpoint, params: Params) =>
      <A, R>(effect: Effect.Effect<A, SendError, R>) =>
        Effect.tapError(effect, (error) =>
          // The row of its plan shows a write that waits.
          error._tag === "ApprovalPending" ? Effect.void : recorded.refused({ endpoint, params }, error)
        )

    /** Judges a write by limits, and records its refusal. */
    const judged = ({ approval, endpoint, repeat, said }: Content, params: Params, room?: Room) => {
      const { name = unnamed } = procedure[endpoint]
      const call = { given: repeat ? { ...params, repeat } : params, said, approval }
      return refused(endpoint, params)(guard(endpoint, name(params), call, room))
    }

    /** Prepares a write, records its intent, and sends it. Fails with `NoRoomLeft` if there is no room for it. */
    const attempt = Effect.fnUntraced(function* (write: Content, params: Params, room?: Room) {
      const { approval, endpoint, identity, repeat } = write
      const { hasDeadline, prepare } = procedure[endpoint]
      const guarded = yield* judged(write, params, room)
      // Kraken's clock is known once the key is. Until then, deadlines would be set by our clock.
      yield* context.keys.known
      const prepared = yield* refused(
        endpoint,
        params
      )(prepare(context, endpoint, guarded.params, { given: params, repeat }))
      if ("duplicateOf" in prepared) return prepared
      const now = yield* context.kraken.now
      const intent: IntentDraft = {
        endpoint,
        ...(identity !== undefined && { identity }),
        params: prepared.params,
        before: prepared.before,
        fingerprints: prepared.fingerprints,
        ...(guarded.claim !== undefined && { claim: guarded.claim }),
        ...(approval !== undefined && { approval }),
        ...(hasDeadline && { expiresAfter: expiryOf(context, prepared.params, now) })
      }
      const sent = yield* recorded.during(intent, { repeat, ...guarded.limits }, (intent) =>
        sendOnce({
          endpoint,
          procedure: procedure[endpoint],
          prepared,
          intent,
          // The mark is for identical writes. A cancel has none, and is sent again at once.
          unconfirmed: identity === undefined ? Effect.void : recorded.unconfirmed(intent)
        })
      )
      return guarded.sentAs === undefined ? sent : { ...sent, sentAs: guarded.sentAs }
    })

    const carryOut = Effect.fn("KrakenWriter.carryOut")(function* (write: Content, params: Params) {
      const { endpoint, identity, repeat } = write
      const draft = { endpoint, ...(identity !== undefined && { identity }) }
      // An identical write is no second one, and so needs no room under limits.
      const found = identity === undefined ? Option.none() : yield* recorded.recognize(draft, repeat)
      if (Option.isSome(found)) return found.value
      const { params: sized, resolved } = yield* refused(endpoint, params)(resolve(endpoint, params))
      // Nearly always there is room. If not, what is open is perhaps to be read back, cancelled orders first. Another write
      // can then take the room between the judgement and the reservation: it is judged once more.
      const sent = yield* attempt(write, sized, "assumed").pipe(
        Effect.catchTag("NoRoomLeft", ({ refusal }) => attempt(write, sized, refusal)),
        Effect.catchTag("NoRoomLeft", () => attempt(write, sized)),
        Effect.catchTag("NoRoomLeft", () => attempt(write, sized)),
        Effect.catchTag("NoRoomLeft", ({ refusal }) => recorded.refuse({ endpoint, params: sized }, refusal))
      )
      return resolved === undefined ? sent : { ...sent, resolved }
    })

    const cancelOwn = makeOwnCancels({
      kraken: context.kraken,
      record,
      judge: (write, params) => judged(write, params),
      refused: recorded.refused,
      done: approvals.done,
      send: carryOut
    })

    const send: Send = (write, params) =>
      endpoints[write.endpoint].moves === "cancels" ? cancelOwn(write, params) : carryOut(write, params)

    /**
     * A call that waited for an identical one is told what blocks it, if the outcome of that one is unknown. If that one was
     * refused, it was perhaps a repeat of an earlier one that happened: the call is then a duplicate of the earlier one.
     */
    const afterFailure: AfterFailure = Effect.fnUntraced(function* (write, error) {
      if (error._tag === "ApprovalPending") return yield* error
      const draft = { endpoint: write.endpoint, ...(write.identity !== undefined && { identity: write.identity }) }
      if (error._tag !== "KrakenOutcomeUnknown") {
        const found = recorded.recognize(draft, false)
        const earlier = yield* Effect.catchTag(found, "KrakenNotRecorded", () => Effect.fail(error))
        return Option.isSome(earlier) ? earlier.value : yield* error
      }
      if (error.safeToRepeat) return yield* error
      const obstacle = yield* Effect.orElseSucceed(record.recognize(draft, { repeat: true }), Option.none)
      return yield* Option.isSome(obstacle) && obstacle.value._tag === "Blocked"
        ? yield* recorded.blockedBy(write.endpoint, obstacle.value.by)
        : error
    })

    const { run, settled } = yield* makeWriteFibers(send, afterFailure)
    return KrakenWriter.of({
      settled,
      validate: Effect.fn("KrakenWriter.validate")(function* (endpoint, given) {
        const { reason: _, ...params } = given
        const { params: sized, resolved } = yield* resolve(endpoint, params)
        const { params: checked, sentAs } = yield* guard(endpoint, sized)
        const result = yield* context.kraken.read(endpoint, checked)
        return { result, ...(sentAs !== undefined && { sentAs }), ...(resolved !== undefined && { resolved }) }
      }),
      resolve,
      send: Effect.fn("KrakenWriter.send")(function* (endpoint, { reason, repeat, ...params }, { approval } = {}) {
        const { account, caller } = yield* Principal
        // Cancels are not recognized, and so do not wait for the names of assets and pairs.
        const identity = isRecognizable(endpoint)
          ? `${account} ${writeIdentity(endpoint, params, yield* context.directory)}`
          : undefined
        const said = typeof reason === "string" ? reason : undefined
        return yield* run({ endpoint, identity, caller: caller.id, repeat: repeat === true, said, approval }, params)
      })
    })
  })
)

const unnamed = (params: Params): Params => params
