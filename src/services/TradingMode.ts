import { Context } from "effect"

/** Whose money the tools move, as it is told wherever that matters. */
export class TradingMode extends Context.Reference<TradingMode>()("mcp-kraken/services/TradingMode", {
  defaultValue: ():
    | { readonly mode: "live" }
    | {
        readonly mode: "paper"
        /** Where simulated orders are filled. */
        readonly market: { readonly kind: "synthetic" | "live"; readonly name: string }
      } => ({ mode: "live" })
}) {}
