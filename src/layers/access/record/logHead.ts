import { Effect } from "effect"
import { type Head, receiptOf } from "./chain.ts"

/** Logs the head. Heads leave the database, so that a record whose tail was cut can be told from one that ended there. */
export const logHead = (head: Head) => Effect.annotateLogs(Effect.logInfo("Recorded"), { receipt: receiptOf(head) })
