import { Context, type Effect } from "effect"
import type { Params, WriteEndpoint } from "../domain/endpoints/endpoints.ts"
import type { AccountName, Caller, Principal } from "./Principal.ts"

/** A write that is about to be sent. */
export interface WriteIntent {
  readonly endpoint: WriteEndpoint
  /** The parameters as prepared, with the ids that the write can be found by, but without those added at the sending. */
  readonly params: Params
}

/** The end of a write. `error` is the tag of the error that its caller got, `Defect` or `Interrupted`. */
export type Outcome =
  | { readonly _tag: "Happened" }
  | { readonly _tag: "DidNotHappen"; readonly error: string }
  | { readonly _tag: "Unknown"; readonly error: string }

/** A write in the record. */
export interface Entry extends WriteIntent {
  /** Number of the write, counted from 1. */
  readonly seq: number
  /** Time at which it began, in Unix milliseconds. */
  readonly at: number
  readonly caller: Caller["id"]
  readonly account: AccountName
  /** Absent while the write is in flight. */
  readonly outcome?: Outcome
}

/** The record of the writes that were sent. Each write is noted before it leaves, and its outcome once it is known. */
export class Record extends Context.Tag("mcp-kraken/services/Record")<
  Record,
  {
    /** Notes a write before it leaves and gives its number. */
    readonly begin: (intent: WriteIntent) => Effect.Effect<number, never, Principal>
    /** Notes the outcome of a write, after it was settled. */
    readonly end: (seq: number, outcome: Outcome) => Effect.Effect<void>
    /** Reads the writes that are remembered, oldest first. */
    readonly entries: Effect.Effect<ReadonlyArray<Entry>>
  }
>() {}
