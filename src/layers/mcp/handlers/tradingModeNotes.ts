import type { TradingMode } from "../../../services/TradingMode.ts"

/** What every answer says in `_meta`: whose money it is about. */
export const tradingMeta = (trading: typeof TradingMode.Service) => ({
  "mcp-kraken/trading-mode":
    trading.mode === "live"
      ? { mode: trading.mode }
      : { mode: trading.mode, simulated: true, market: trading.market.name }
})

/** What the text of a write says too, for models that see no `_meta`: nothing where the money is real. */
export const simulated = (trading: typeof TradingMode.Service) =>
  trading.mode === "live" ? [] : [{ type: "text" as const, text: `Simulated, no real money: ${trading.market.name}.` }]
