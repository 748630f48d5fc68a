import { Context, Effect } from "effect"
import type { Answer } from "./LiveAnswers.ts"

/** A progress notification of MCP. */
export interface Progress {
  /** A number that grows with each notification. */
  readonly progress: number
  readonly total?: number
  readonly message?: string
}

/**
 * The request that a call belongs to. It decides nothing about what a call is allowed to do. Without a request, progress
 * is not reported. Fibers in the background inherit it.
 */
export class CallContext extends Context.Reference<CallContext>()("mcp-kraken/services/CallContext", {
  defaultValue: (): {
    /** The name of this call in logs. */
    readonly requestId: string
    /** Sends the client the progress of the call. Does nothing if the client did not ask for it. */
    readonly report: (progress: Progress) => Effect.Effect<void>
    /** Notes the receipt of a row that the record got for this call. */
    readonly noteReceipt: (receipt: string) => Effect.Effect<void>
    /** Notes where an answer to a read came from. */
    readonly noteSource: (source: Source) => Effect.Effect<void>
  } => ({
    requestId: "",
    report: () => Effect.void,
    noteReceipt: () => Effect.void,
    noteSource: () => Effect.void
  })
}) {}

/** The origin of an answer, and its age in milliseconds. */
export type Source = Omit<Answer, "result">

/** Sends the client of the current call its progress. */
export const report = (progress: Progress): Effect.Effect<void> =>
  Effect.flatMap(CallContext, (context) => context.report(progress))

/** Notes a receipt of the record for the client of the current call. */
export const noteReceipt = (receipt: string): Effect.Effect<void> =>
  Effect.flatMap(CallContext, (context) => context.noteReceipt(receipt))

/** Notes the origin and the age of an answer for the client of the current call. */
export const noteSource = ({ age, source }: Source): Effect.Effect<void> =>
  Effect.flatMap(CallContext, (context) => context.noteSource({ age, source }))
