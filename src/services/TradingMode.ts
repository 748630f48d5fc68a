import { Context } from "effect"

/** The trading mode, which shows whether tools move real money. */
export class TradingMode extends Context.Reference<TradingMode>()("mcp-kraken/services/TradingMode", {
  defaultValue: (): (
    | {
        readonly mode: "live"
        /** True if an API key is configured, and with it an account. */
        readonly hasKey: boolean
      }
    | {
        readonly mode: "paper"
        /** The market that fills simulated orders. */
        readonly market: { readonly kind: "synthetic" | "live"; readonly name: string }
      }
  ) & {
    /** The address that requests go to, if it is not Kraken's own. */
    readonly address?: string | undefined
    /** The path of a `.env` that was not read. */
    readonly unreadFile?: string | undefined
  } => ({ mode: "live", hasKey: true })
}) {}
