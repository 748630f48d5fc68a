import { Context, Effect } from "effect"
import { CallFacts, callerId } from "./CallFacts.ts"

/** Whose money the tools move, as it is told wherever that matters. */
export class TradingMode extends Context.Reference<TradingMode>()("mcp-kraken/services/TradingMode", {
  defaultValue: (): (
    | {
        readonly mode: "live"
        /** Whether there is an account: that of an API key. */
        readonly hasKey: boolean
      }
    | {
        readonly mode: "paper"
        /** Where simulated orders are filled. */
        readonly market: { readonly kind: "synthetic" | "live"; readonly name: string }
      }
  ) & {
    /** Where Kraken is asked, if that is not Kraken's own address. */
    readonly address?: string | undefined
    /** The path of a `.env` that was not read. */
    readonly unreadFile?: string | undefined
  } => ({ mode: "live", hasKey: true })
}) {}

/**
 * Names the account that the current call acts on. There is one Kraken account for all callers; on paper, each caller has
 * one of their own.
 */
export const accountName: Effect.Effect<string> = Effect.zipWith(TradingMode, CallFacts, ({ mode }, { caller }) =>
  mode === "live" ? "kraken" : callerId(caller)
)
