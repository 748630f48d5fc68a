import { Data, type Effect, type Option } from "effect"
import type { Params, WriteEndpoint } from "../../../../domain/endpoints/endpoints.ts"
import type { OrderRow } from "../../../../domain/orders/orderMatch.ts"
import type { PanicCallFailed, PanicCalls } from "./panicCalls.ts"

/** A part of a panic that needs a file, and the file cannot be used. */
export class PanicFileFailed extends Data.TaggedError("PanicFileFailed")<{ readonly message: string }> {}

/** An open order as a panic reads it. */
export interface OpenOrder {
  readonly txid: string
  readonly clOrdId?: string | undefined
  /** The order whose fill made it. */
  readonly parent?: string | undefined
  readonly ordertype: string
  /** The order as Kraken lists it. Absent if it has an unknown form. */
  readonly row?: OrderRow | undefined
}

/**
 * The record of this machine. The facts that a panic takes from it fail if it cannot be read; writing to it never fails, and
 * holds no cancel back.
 */
export interface PanicRecord {
  /** The times, in Unix milliseconds, until which writes in flight might still reach Kraken; of all keys. */
  readonly inFlight: Effect.Effect<ReadonlyArray<number>, PanicFileFailed>
  /** The ids of the orders that writes of this installation made. */
  readonly own: (orders: ReadonlyArray<OpenOrder>) => Effect.Effect<ReadonlySet<string>, PanicFileFailed>
  /** The number of tokens for Kraken's WebSocket that the API key got lately. Fails without a record. */
  readonly tokens: Effect.Effect<number, PanicFileFailed>
  /** A sentence about the timer of a caller that still runs. */
  readonly timer: Effect.Effect<Option.Option<string>, PanicFileFailed>
  /** Records a cancel, before its first call leaves and once it has ended. */
  readonly recorded: <A>(
    endpoint: WriteEndpoint,
    params: Params,
    call: Effect.Effect<A, PanicCallFailed>
  ) => Effect.Effect<A, PanicCallFailed>
  /** Records that orders are gone whose cancel was not answered. `all`: also those that another stop cancelled. */
  readonly proven: (all: boolean) => Effect.Effect<void>
  /** A sentence about cancels that could not be recorded. */
  readonly gaps: Effect.Effect<Option.Option<string>>
}

/** All that a panic on one account uses. */
export interface PanicParts {
  readonly account: string
  readonly calls: PanicCalls
  readonly record: PanicRecord
  /** Writes the open orders to a file, and returns its path. */
  readonly writeList: (orders: unknown) => Effect.Effect<string, PanicFileFailed>
  /** Keeps the ids of the orders to cancel that a reading showed, for the case that the panic is interrupted. */
  readonly sawOpen: (ids: ReadonlyArray<string>) => Effect.Effect<void>
  /** Tells the operator how far it is. */
  readonly say: (line: string) => Effect.Effect<void>
}
