import { Context, Effect } from "effect"

/** Who is calling: the bearer of a token, or whoever started the process (stdio, or authentication switched off). */
export type Caller = { readonly _tag: "Token"; readonly id: string } | { readonly _tag: "Local" }

/** A name for the caller that is safe to log and to use as a key. */
export const callerId = (caller: Caller): string => (caller._tag === "Token" ? caller.id : "local")

export interface Progress {
  readonly progress: number
  readonly total?: number
  readonly message?: string
}

/** Facts of one call, provided by the bridge and read where they are needed; fibers in the background copy them. */
export class CallFacts extends Context.Reference<CallFacts>()("mcp-kraken/services/CallFacts", {
  defaultValue: (): {
    readonly caller: Caller
    /** Names this call in logs. */
    readonly requestId: string
    /** Only reads are allowed. */
    readonly readOnly: boolean
    /** Tells the client how far the call is; does nothing where the client did not ask. */
    readonly report: (progress: Progress) => Effect.Effect<void>
    /** Whether the client can put a form before its user: see `UserInput.ask`. */
    readonly asks: boolean
    /** What was answered to the questions of this call's earlier rounds. */
    readonly answers: { readonly [name: string]: unknown }
  } => ({
    caller: { _tag: "Local" },
    requestId: "",
    readOnly: false,
    report: () => Effect.void,
    asks: false,
    answers: {}
  })
}) {}

/** Tell the client of the current call how far it is. */
export const report = (progress: Progress): Effect.Effect<void> =>
  Effect.flatMap(CallFacts, (facts) => facts.report(progress))
