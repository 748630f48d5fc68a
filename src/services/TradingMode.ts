import { Context } from "effect"

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
