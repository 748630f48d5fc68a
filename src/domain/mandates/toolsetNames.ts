/** The groups of tools that an operator can select. The general tools are always offered. */
export const toolsetNames = [
  "market",
  "account",
  "portfolio",
  "trading",
  "alerts",
  "funding",
  "earn",
  "subaccounts",
  "websocket"
] as const
export type ToolsetName = (typeof toolsetNames)[number]
