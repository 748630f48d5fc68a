import { LosslessNumber } from "lossless-json"
import { format } from "../base/fixed.ts"
import type { Channel } from "../rest/faults.ts"

/** A message of a channel. Its fields are written in the order in which they stand here. */
export interface Message {
  readonly channel: Channel
  readonly type: "snapshot" | "update"
  readonly [field: string]: unknown
}

/**
 * A subscription's source of messages. Each call of `updates` returns what has changed since the last message, oldest
 * first. The exchange has been advanced to the present before.
 */
export interface Feed {
  /** Fields of the acknowledgement besides channel and symbol. */
  readonly acknowledged: { readonly [field: string]: unknown }
  /** Returns the snapshot; undefined if none was asked for. Called once, before `updates`. */
  readonly snapshot: () => Message | undefined
  readonly updates: () => ReadonlyArray<Message>
}

/** Prints a value as a JSON number with all its decimals, as Kraken does: `0.00044780`. */
export const number = (value: bigint, decimals: number): LosslessNumber => new LosslessNumber(format(value, decimals))

/** Writes a decimal text as a JSON number. */
export const numberOf = (text: string): LosslessNumber => new LosslessNumber(text)
