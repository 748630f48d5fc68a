import type { KrakenClient } from "../services/KrakenClient.ts"
import type { KrakenWriter } from "../services/KrakenWriter.ts"
import type { Names } from "../services/Names.ts"
import type { PermissionCache } from "../services/PermissionCache.ts"
import type { Offer, Policy } from "../services/Policy.ts"
import type { Principal } from "../services/Principal.ts"
import type { Record, RecordUnavailable } from "../services/Record.ts"
import type { InputRequired } from "../services/UserInput.ts"
import * as Account from "./account/tools.ts"
import * as Books from "./market/orderBooks.ts"
import * as Market from "./market/tools.ts"
import * as Exports from "./account/exports.ts"
import * as Earn from "./earn/tools.ts"
import * as General from "./general/tools.ts"
import * as Funding from "./funding/tools.ts"
import * as Subaccounts from "./subaccounts/tools.ts"
import * as Activity from "./trading/activity.ts"
import * as Trading from "./trading/tools.ts"
import * as TradingReads from "./trading/readTools.ts"
import * as WebSocket from "./trading/webSocketToken.ts"
import type { EndpointError, GateError, Tool } from "./kit/tool.ts"

/** Everything a tool may fail with, beside a question to the user. A tool that fails otherwise does not fit in `toolsets`. */
export type ToolError = GateError | EndpointError | RecordUnavailable

/** Everything a tool may need. */
export type ToolServices = KrakenClient | KrakenWriter | Names | PermissionCache | Policy | Principal | Record

export type AnyTool = Tool<string, never, unknown, ToolError | InputRequired, ToolServices>

/** The tools of a toolset by name: what a module lists first depends on who loads it. */
const inOrder = <A extends { readonly name: string }>(tools: { readonly [name: string]: A }): Array<A> =>
  Object.values(tools).toSorted((a, b) => (a.name < b.name ? -1 : 1))

/**
 * A toolset file exports tools and nothing else, so this is the whole registry. Order is the order of `tools/list`. What
 * is general is offered whatever toolsets are chosen.
 */
export const toolsets = {
  general: inOrder(General),
  market: inOrder({ ...Market, ...Books }),
  account: inOrder({ ...Account, ...Exports }),
  trading: inOrder({ ...TradingReads, ...Trading, ...Activity }),
  funding: inOrder(Funding),
  earn: inOrder(Earn),
  subaccounts: inOrder(Subaccounts),
  websocket: inOrder(WebSocket)
} satisfies { readonly [name: string]: ReadonlyArray<AnyTool> }

/** All tools by name, each with its toolset. `Policy` says which of them a principal is offered. */
export const tools: ReadonlyMap<string, AnyTool & Offer> = new Map(
  Object.entries(toolsets).flatMap(([toolset, tools]: [string, ReadonlyArray<AnyTool>]) =>
    tools.map((tool) => [tool.name, { ...tool, toolset }])
  )
)
