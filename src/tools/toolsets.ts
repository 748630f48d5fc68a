import type { AccountData } from "../services/AccountData.ts"
import type { Alerts as AlertsService, TooManyAlerts } from "../services/Alerts.ts"
import type { Approvals } from "../services/Approvals.ts"
import type { CallBudget } from "../services/CallBudget.ts"
import type { KrakenClient } from "../services/KrakenClient.ts"
import type { KrakenWriter } from "../services/KrakenWriter.ts"
import type { Mandates } from "../services/Mandates.ts"
import type { MarketData } from "../services/MarketData.ts"
import type { Names } from "../services/Names.ts"
import type { PermissionCache } from "../services/PermissionCache.ts"
import type { Offer, Policy } from "../services/Policy.ts"
import type { Principal } from "../services/Principal.ts"
import type { Record, RecordUnavailable } from "../services/Record.ts"
import * as Account from "./account/tools.ts"
import * as Alerts from "./alerts/tools.ts"
import * as Books from "./market/orderBooks.ts"
import * as Market from "./market/tools.ts"
import * as PriceWaiting from "./market/waitForPrice.ts"
import * as Exports from "./account/exports.ts"
import * as Earn from "./earn/tools.ts"
import * as General from "./general/tools.ts"
import * as OwnApprovals from "./general/approvals.ts"
import * as OwnMandate from "./general/mandate.ts"
import * as Deposits from "./funding/deposits.ts"
import * as WalletTransfer from "./funding/walletTransfer.ts"
import * as Withdrawals from "./funding/withdrawals.ts"
import * as Chart from "./portfolio/getChart.ts"
import * as Fees from "./portfolio/getFeeSchedule.ts"
import * as Pnl from "./portfolio/getPnl.ts"
import * as Portfolio from "./portfolio/getPortfolio.ts"
import * as Rebalance from "./portfolio/planRebalance.ts"
import * as Subaccounts from "./subaccounts/tools.ts"
import * as Activity from "./trading/activity.ts"
import * as Cancelling from "./trading/cancelOrders.ts"
import * as Changing from "./trading/changeOrders.ts"
import * as Placing from "./trading/placeOrders.ts"
import * as Previewing from "./trading/preview.ts"
import * as TradingReads from "./trading/readTools.ts"
import * as Waiting from "./trading/waitForOrders.ts"
import * as WebSocket from "./trading/webSocketToken.ts"
import { essential, first } from "./listOrder.ts"
import type { EndpointError, CheckError, Tool } from "./kit/tool.ts"

/** All errors of tools. A tool with another error does not compile in `toolsets`. */
export type ToolError = CheckError | EndpointError | RecordUnavailable | TooManyAlerts

/** All services that tools can require. */
export type ToolServices =
  | AccountData
  | AlertsService
  | Approvals
  | CallBudget
  | KrakenClient
  | KrakenWriter
  | Mandates
  | MarketData
  | Names
  | PermissionCache
  | Policy
  | Principal
  | Record

export type AnyTool = Tool<string, never, unknown, ToolError, ToolServices>

/** Sorts the tools of a toolset by name. The order of a module's exports depends on the loader. */
const inOrder = <A extends { readonly name: string }>(tools: { readonly [name: string]: A }): Array<A> =>
  Object.values(tools).toSorted((a, b) => (a.name < b.name ? -1 : 1))

/**
 * All tools by toolset. A toolset's file exports only tools. The general tools are offered with any
 * choice of toolsets.
 */
export const toolsets = {
  general: inOrder({ ...General, ...OwnMandate, ...OwnApprovals }),
  market: inOrder({ ...Market, ...Books, ...PriceWaiting }),
  account: inOrder({ ...Account, ...Exports }),
  portfolio: inOrder({ ...Chart, ...Fees, ...Pnl, ...Portfolio, ...Rebalance }),
  trading: inOrder({ ...TradingReads, ...Previewing, ...Placing, ...Waiting, ...Changing, ...Cancelling, ...Activity }),
  alerts: inOrder(Alerts),
  funding: inOrder({ ...Deposits, ...Withdrawals, ...WalletTransfer }),
  earn: inOrder(Earn),
  subaccounts: inOrder(Subaccounts),
  websocket: inOrder(WebSocket)
} satisfies { readonly [name: string]: ReadonlyArray<AnyTool> }

/** Copies a tool with its getters. A spread would make its schemas, and those of all tools delay each start. */
const copyOf = (tool: AnyTool): AnyTool => Object.create(Object.prototype, Object.getOwnPropertyDescriptors(tool))

const offers: ReadonlyArray<AnyTool & Offer> = Object.entries(toolsets).flatMap(
  ([toolset, tools]: [string, ReadonlyArray<AnyTool>]) =>
    tools.map((tool) => Object.assign(copyOf(tool), { toolset, isEssential: essential.includes(tool.name) }))
)

const rank = ({ name }: Offer) => (first.includes(name) ? first.indexOf(name) : first.length)

/**
 * All tools by name, in the order of `tools/list`, each with its toolset. `Policy` selects those that a principal is
 * offered.
 */
export const tools: ReadonlyMap<string, AnyTool & Offer> = new Map(
  offers.toSorted((a, b) => rank(a) - rank(b)).map((tool) => [tool.name, tool])
)
