/** The groups of tools that an operator chooses from. The general tools are offered with any of them. */
export const toolsetNames = ["market", "account", "trading", "funding", "earn", "subaccounts", "websocket"] as const
export type ToolsetName = (typeof toolsetNames)[number]
