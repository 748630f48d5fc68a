import { Deferred, FiberId } from "effect"
import type { WriteEndpoint } from "../../../domain/endpoints/endpoints.ts"
import type { SendError, Sent } from "../../../services/KrakenWriter.ts"

/** A write, with the facts by which it is recognized. */
export interface Write {
  readonly endpoint: WriteEndpoint
  /** Account and content. Equal for two writes that would do the same to the same account. Undefined if never recognized. */
  readonly identity: string | undefined
  readonly caller: string
  /** True if its caller wants the write although an identical one was just sent. */
  readonly repeat: boolean
  /** The reason that the agent gave, for the person who might be asked. */
  readonly said?: string | undefined
  /** The number of the plan that it carries out. */
  readonly approval?: number | undefined
}

/** A write that this process has begun and not ended yet. */
export interface WriteInFlight extends Write {
  readonly answer: Deferred.Deferred<Sent, SendError>
}

/**
 * The endpoints at which a second identical write needs `repeat`. A second cancel can have new orders to cancel, and a
 * second export or token does no harm.
 */
const recognizable: Readonly<Record<WriteEndpoint, boolean>> = {
  "private/AddOrder": true,
  "private/AddOrderBatch": true,
  "private/AmendOrder": true,
  "private/EditOrder": true,
  "private/CancelOrder": false,
  "private/CancelOrderBatch": false,
  "private/CancelAll": false,
  "private/CancelAllOrdersAfter": false,
  "private/Withdraw": true,
  "private/WithdrawCancel": false,
  "private/WalletTransfer": true,
  "private/AccountTransfer": true,
  "private/CreateSubaccount": true,
  "private/Earn/Allocate": true,
  "private/Earn/Deallocate": true,
  "private/DepositAddresses": true,
  "private/AddExport": false,
  "private/RemoveExport": false,
  "private/GetWebSocketsToken": false
}

/** Tells whether a second identical write to an endpoint needs `repeat`. */
export const isRecognizable = (endpoint: WriteEndpoint): boolean => recognizable[endpoint]

/**
 * Makes the set of writes that are in flight in this process, so that an identical call waits for the same answer. Writes
 * of other processes, and those that have ended, are recognized by the record.
 */
export const makeWritesInFlight = () => {
  const writes = new Set<WriteInFlight>()
  /** Finds the newest write in flight whose answer is that of this one as well. */
  const find = (write: Write): WriteInFlight | undefined =>
    write.identity === undefined || write.repeat
      ? undefined
      : [...writes].findLast(
          ({ approval, caller, endpoint, identity }) =>
            identity === write.identity &&
            (caller === write.caller || endpoint === "private/Withdraw") &&
            // The answer of a call that waits for a person is not that of one that a person approved.
            approval === write.approval
        )
  return {
    find,
    /** Finds the write whose answer is that of this one as well, or adds this one, in one step. */
    join: (write: Write): { readonly isNew: boolean; readonly of: WriteInFlight } => {
      const own = find(write)
      if (own !== undefined) return { isNew: false, of: own }
      const begun = { ...write, answer: Deferred.unsafeMake<Sent, SendError>(FiberId.none) }
      writes.add(begun)
      return { isNew: true, of: begun }
    },
    /** Notes the end of a write. Has to run before its waiters get the answer. */
    end: (write: WriteInFlight): void => {
      writes.delete(write)
    }
  }
}
