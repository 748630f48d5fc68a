import { Effect, Layer } from "effect"
import { writeIdentity } from "../../../domain/orders/writeIdentity.ts"
import { Config } from "../../../services/Config.ts"
import { KrakenClient } from "../../../services/KrakenClient.ts"
import { KrakenWriter, type SendError, type Sent } from "../../../services/KrakenWriter.ts"
import { Names } from "../../../services/Names.ts"
import { PermissionCache } from "../../../services/PermissionCache.ts"
import { Principal } from "../../../services/Principal.ts"
import { Record, type WriteIntent } from "../../../services/Record.ts"
import { withAccount } from "./accountFingerprints.ts"
import { makeAmbiguousWrites } from "./ambiguousWrites.ts"
import { makeCreatedIds } from "./createdIds.ts"
import { isRecognizable } from "./duplicates.ts"
import { procedures } from "./procedures.ts"
import { makeSendOnce } from "./sendOnce.ts"
import { isOpen, outcomeOf } from "./writeExit.ts"
import { makeWriteFibers, type Send } from "./writeFibers.ts"
import type { PreparedWrite, ProcedureContext, UnconfirmedWrite } from "./writeProcedure.ts"

/**
 * Sends each write once, in its own fiber, and settles the writes that no answer confirms. A write passes these files:
 * - `duplicates.ts` recognizes an identical earlier write.
 * - `writeFibers.ts` starts the fiber and lets callers wait for it.
 * - `procedures.ts` gives the procedure of the endpoint, which prepares the write.
 * - `ambiguousWrites.ts` notes its fingerprints while it is open.
 * - `sendOnce.ts` sends it and checks the answer by `confirmation.ts`.
 * - `settleWrite.ts` has the procedure look it up. Orders, amendments, withdrawals and Earn poll the account
 *   (`pollUntilSettled.ts`); cancels are repeated (`repeatUntilSettled.ts`).
 * - `writeExit.ts` classifies its end for the record.
 */
export const KrakenWriterSettling = Layer.scoped(
  KrakenWriter,
  Effect.gen(function* () {
    const names = yield* Names
    const config = yield* Config
    const record = yield* Record
    const context: ProcedureContext = {
      kraken: yield* KrakenClient,
      keys: yield* PermissionCache,
      directory: names.directory,
      deadline: config.orderDeadline,
      createdIds: makeCreatedIds()
    }
    const procedure = procedures()
    const ambiguousWrites = makeAmbiguousWrites()
    const sendOnce = makeSendOnce(context, ambiguousWrites)

    /** Keeps a write in the record, from before it leaves until its outcome is known. */
    const recorded = <R>(intent: WriteIntent, sending: Effect.Effect<Sent, SendError, R>) =>
      Effect.flatMap(record.begin(intent), (seq) => Effect.onExit(sending, (exit) => record.end(seq, outcomeOf(exit))))

    const send: Send = Effect.fn("KrakenWriter.carryOut")(function* (endpoint, params, { repeat, unconfirmed }) {
      // Kraken's clock is known once the key is. Until then, deadlines would be set by our clock.
      yield* context.keys.known
      const prepared = yield* procedure[endpoint](context, endpoint, params, repeat)
      if ("duplicateOf" in prepared) return prepared
      const write: PreparedWrite = {
        ...prepared,
        settle: (attempt: UnconfirmedWrite) => Effect.andThen(unconfirmed, () => prepared.settle(attempt))
      }
      return yield* ambiguousWrites.during(yield* withAccount(prepared.fingerprints), isOpen, (openWrite) =>
        recorded({ endpoint, params: prepared.params }, sendOnce(endpoint, write, openWrite))
      )
    })

    const { run, settled } = yield* makeWriteFibers(send)
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
