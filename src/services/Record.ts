import { Context, type Effect } from "effect"
import type { Params, WriteEndpoint } from "../domain/endpoints/endpoints.ts"
import type { AccountName, Caller, Principal } from "./Principal.ts"

/** A write that is about to be sent. */
export interface WriteIntent {
  readonly endpoint: WriteEndpoint
  /** As prepared, with the ids that it can be found by; what is added at the moment of sending is missing. */
  readonly params: Params
}

/** The end of a write. `error` is the tag of what its caller was told. */
export type Outcome =
  | { readonly _tag: "Happened" }
  | { readonly _tag: "DidNotHappen"; readonly error: string }
  | { readonly _tag: "Unknown"; readonly error: string }

/** A write in the record. */
export interface Entry extends WriteIntent {
  /** Counts from 1. */
  readonly seq: number
  /** When it began, in Unix milliseconds. */
  readonly at: number
  readonly caller: Caller["id"]
  readonly account: AccountName
  /** Absent while it is under way. */
  readonly outcome?: Outcome
}

/** The record of the writes that were sent: each is noted before it leaves, and its outcome when that is known. */
export class Record extends Context.Tag("mcp-kraken/services/Record")<
  Record,
  {
    /** Notes a write before it leaves, and gives its number. */
    readonly begin: (intent: WriteIntent) => Effect.Effect<number, never, Principal>
    /** Notes what became of it, after all that could be found out. */
    readonly end: (seq: number, outcome: Outcome) => Effect.Effect<void>
    /** What is remembered, oldest first. */
    readonly entries: Effect.Effect<ReadonlyArray<Entry>>
  }
>() {}
