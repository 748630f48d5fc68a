import { Context, Effect } from "effect"

/** An event of which the operator is told at once. None holds an amount or a secret. */
export type Notice =
  /** A write waits for the answer of a person. */
  | { readonly _tag: "ApprovalAsked"; readonly caller: string; readonly endpoint: string; readonly plan: number }
  /** It is unknown whether a write happened. `seq` is the row of its intent. */
  | { readonly _tag: "OutcomeUnknown"; readonly caller: string; readonly endpoint: string; readonly seq: number }
  /** All writes except cancels were stopped. */
  | { readonly _tag: "Stopped"; readonly by: string }
  /** A withdrawal was refused: by a limit, by a person, or by Kraken. `error` is the `_tag` of the error. */
  | { readonly _tag: "WithdrawalRefused"; readonly caller: string; readonly error: string }
  /** Four fifths of a limit are used, or more. */
  | { readonly _tag: "BudgetNearlyUsed"; readonly caller: string; readonly layer: string; readonly limit: string }
  /** An alert of a caller fired. `missed`: nobody watched for a while, so that it might have happened before. */
  | {
      readonly _tag: "AlertFired"
      readonly caller: string
      readonly alert: number
      readonly kind: "price" | "fill" | "balance"
      readonly missed: boolean
    }

/**
 * Tells the operator of events. It only says that there is something to look at: it approves nothing. By default, nobody
 * is told.
 */
export class Notifier extends Context.Reference<Notifier>()("mcp-kraken/services/Notifier", {
  defaultValue: () => ({
    /** True if nobody is told, so that nothing needs to be looked up for a notice. */
    isSilent: true,
    /** Queues a notice. Never fails and never waits. A notice can be lost. */
    notify: (_notice: Notice): Effect.Effect<void> => Effect.void
  })
}) {}
