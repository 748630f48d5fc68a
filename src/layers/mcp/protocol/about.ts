import { Option } from "effect"
import type { Config } from "../../../services/Config.ts"
import { version } from "../../../version.ts"
import { iconSvg } from "./icon.ts"

/** Describes the server to clients: name, capabilities, and instructions that hold for all tools. */
export const about = (config: typeof Config.Service) => ({
  serverInfo: {
    name: "mcp-kraken",
    title: "Kraken",
    version,
    icons: [{ src: icon, mimeType: "image/svg+xml", sizes: ["any"] }]
  },
  capabilities: { tools: {}, resources: resources(config), prompts: {}, completions: {} },
  instructions: instructions(config)
})

/** The toolsets with resources whose changes are told. */
const watchedToolsets: ReadonlySet<string> = new Set(["market", "account", "trading", "essential"])

const resources = ({ toolsets }: typeof Config.Service) =>
  toolsets.some((name) => watchedToolsets.has(name)) ? { subscribe: true } : {}

const instructions = (config: typeof Config.Service): string => {
  const { readOnly, tier, toolsets } = config
  return [
    `Tools for Kraken Spot; toolsets: ${toolsets.join(", ")}.`,
    money(config),
    readOnly ? "This server only reads: it places no orders and moves no funds." : "",
    "Pairs and assets in any spelling (BTC/USD, XBTUSD); answers show the display name and Kraken's id.",
    "Prices, volumes and amounts are decimal strings, never numbers. Times are Unix seconds unless said otherwise.",
    "Arguments for times also take today, yesterday, or a time before now such as -15m, -12h or -30d; dates are UTC.",
    "cursor takes next_cursor of the last answer.",
    "An order is sent once. If an answer says that the outcome is unknown, do not send it again: look it up first.",
    "Prefer amend_order to edit_order, and check an order with validate: true before you place it.",
    tier === "off" ? "" : "Kraken limits the rate of requests; errors say how many seconds to wait."
  ]
    .filter((line) => line !== "")
    .join(" ")
}

const money = ({ accounts, credentials, mode }: typeof Config.Service): string => {
  if (mode === "paper") return "PAPER MODE: a simulated account, no real money; get_trading_mode has the details."
  // One text for the callers of all accounts, some of which might have no key.
  if (accounts.length > 0) return "get_trading_mode says if this is real money."
  return Option.isNone(credentials) ? "No API key is configured: only public market data works." : "This is real money."
}

const icon = `data:image/svg+xml;base64,${Buffer.from(iconSvg).toString("base64")}`
