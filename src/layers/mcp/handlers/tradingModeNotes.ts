import type { TradingMode } from "../../../services/TradingMode.ts"

/** Makes the part of `_meta` of every answer that names the trading mode. */
export const tradingMeta = (trading: typeof TradingMode.Service) => ({
  "mcp-kraken/trading-mode":
    trading.mode === "live"
      ? { mode: trading.mode }
      : { mode: trading.mode, simulated: true, market: trading.market.name }
})

/** Makes the text that marks a write as simulated, since models do not see `_meta`. None in live mode. */
export const simulated = (trading: typeof TradingMode.Service) =>
  trading.mode === "live" ? [] : [{ type: "text" as const, text: `Simulated, no real money: ${trading.market.name}.` }]
