import { Context, Effect } from "effect"

export interface Progress {
  readonly progress: number
  readonly total?: number
  readonly message?: string
}

/**
 * The request that a call belongs to, and its way back to the client. Nothing of it decides what a call may do; without
 * a request there is nobody to tell or to ask. Fibers in the background copy it.
 */
export class CallContext extends Context.Reference<CallContext>()("mcp-kraken/services/CallContext", {
  defaultValue: (): {
    /** Names this call in logs. */
    readonly requestId: string
    /** Tells the client how far the call is; does nothing if the client did not ask. */
    readonly report: (progress: Progress) => Effect.Effect<void>
    /** The client can put a form before its user: see `askUser.ts`. */
    readonly asks: boolean
    /** What was answered to the questions of this call's earlier rounds. */
    readonly answers: { readonly [name: string]: unknown }
  } => ({ requestId: "", report: () => Effect.void, asks: false, answers: {} })
}) {}

/** Tells the client of the current call how far it is. */
export const report = (progress: Progress): Effect.Effect<void> =>
  Effect.flatMap(CallContext, (context) => context.report(progress))
