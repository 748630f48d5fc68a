import { Data, Effect, Schema } from "effect"
import { Names } from "../services/Names.ts"
import type { Principal } from "../services/Principal.ts"
import * as Account from "./account/tools.ts"
import * as Market from "./market/tools.ts"
import type { ToolError, toolsets, ToolServices } from "./toolsets.ts"
import * as Books from "./market/orderBooks.ts"
import { chartPage, pageMeta, pageType, readPage } from "./portfolio/page.ts"
import { readTaxYear, taxYearOf } from "./portfolio/taxYear.ts"
import * as TradingReads from "./trading/readTools.ts"

/** A resource that does not exist. */
export class ResourceNotFound extends Schema.TaggedError<ResourceNotFound>()("ResourceNotFound", {
  uri: Schema.String,
  /** Advice for the caller. */
  hint: Schema.optionalWith(Schema.String, { default: () => "See resources/list." })
}) {
  override get message() {
    return `There is no resource ${this.uri}. ${this.hint}`
  }
}

/** Levels of each side of a book that is a resource. */
export const bookLevels = 25

type Read = Effect.Effect<unknown, ToolError | ResourceNotFound, ToolServices>

/** A JSON document that a user can attach to a conversation. It is read again for each request. */
export interface Resource {
  readonly uri: string
  readonly name: string
  readonly title: string
  readonly description: string
  /** True if it shows the account of the configured key. */
  readonly isPrivate: boolean
  /** The toolset with which it is offered. */
  readonly toolset: keyof typeof toolsets
  /** The tool that answers the same. Who is not offered the tool is not offered the resource. */
  readonly tool?: string
  readonly read: Read
}

/** The resources of the account whose changes are told. */
export const balancesUri = "kraken://balances"
export const openOrdersUri = "kraken://orders/open"

export const resources: ReadonlyArray<Resource> = [
  {
    uri: "kraken://assets",
    name: "assets",
    title: "Assets",
    description: "Every asset on Kraken: display name, Kraken's id, status",
    isPrivate: false,
    toolset: "general",
    read: Effect.map(directory(), ({ assets }) => ({
      assets: assets.map(({ display, id, status }) => ({ name: display, id, status }))
    }))
  },
  {
    uri: "kraken://pairs",
    name: "pairs",
    title: "Pairs",
    description: "Every pair on Kraken: display name, Kraken's id, status",
    isPrivate: false,
    toolset: "general",
    read: Effect.map(directory(), ({ pairs }) => ({
      pairs: pairs.map(({ display, id, status }) => ({ name: display, id, status }))
    }))
  },
  {
    uri: "kraken://system-status",
    name: "system-status",
    title: "System status",
    description: "Kraken's status, incidents and planned maintenance",
    isPrivate: false,
    toolset: "general",
    read: Market.getSystemStatus.run({})
  },
  {
    uri: balancesUri,
    name: "balances",
    title: "Balances",
    description: "Balances of the account, with the parts held by open orders. Can be subscribed",
    isPrivate: true,
    toolset: "account",
    tool: "get_extended_balance",
    read: Account.getExtendedBalance.run({})
  },
  {
    uri: openOrdersUri,
    name: "open-orders",
    title: "Open orders",
    description: "Open and pending orders, newest first. Can be subscribed",
    isPrivate: true,
    toolset: "trading",
    tool: "get_open_orders",
    read: TradingReads.getOpenOrders.run({ limit: 50 })
  }
]

/** A document that is not JSON. */
export class Text extends Data.Class<{
  readonly mimeType: string
  readonly text: string
  /** Facts of the document for clients. */
  readonly _meta?: { readonly [key: string]: unknown }
}> {}

/** The URIs of resources with a variable part, and the toolset with which they are offered. */
export interface Template {
  readonly uriTemplate: string
  readonly name: string
  readonly title: string
  readonly description: string
  readonly mimeType: string
  readonly toolset: keyof typeof toolsets
  /** The tool that answers the same. Who is not offered the tool is not offered the template. */
  readonly tool?: string
}

/** The template of a pair's resource. The pair can have any spelling. */
export const pairTemplate: Template = {
  uriTemplate: "kraken://pairs/{pair}",
  name: "pair",
  title: "Pair",
  description: "One pair with the rules for its orders: decimals, tick size, minima, leverage, status",
  mimeType: "application/json",
  toolset: "general"
}

/** The template of the gains and losses of a tax year. */
export const taxYearTemplate: Template = {
  uriTemplate: "kraken://pnl/{year}.csv{?currency,method}",
  name: "tax-year",
  title: "Tax year",
  description:
    "Sales by lots, fees and rewards of a year (UTC) as CSV. currency: default USD; method: fifo (default), lifo or average",
  mimeType: "text/csv",
  toolset: "portfolio"
}

/** The templates of a pair's live data, whose changes are told. The pair can have any spelling. */
export const tickerTemplate: Template = {
  uriTemplate: "kraken://ticker/{pair}",
  name: "ticker",
  title: "Ticker",
  description: "Prices of a pair now. Can be subscribed",
  mimeType: "application/json",
  toolset: "market",
  tool: "get_ticker"
}
export const bookTemplate: Template = {
  uriTemplate: "kraken://book/{pair}",
  name: "book",
  title: "Order book",
  description: `The best ${bookLevels} bids and asks of a pair. Can be subscribed`,
  mimeType: "application/json",
  toolset: "market",
  tool: "get_order_book"
}

export const templates: ReadonlyArray<Template> = [pairTemplate, tickerTemplate, bookTemplate, taxYearTemplate]

/** A resource whose changes are told, as its URI names it. */
export type LiveTarget =
  | { readonly kind: "ticker" | "book"; readonly template: Template; readonly spelling: string }
  | { readonly kind: "orders" | "balances"; readonly uri: string }

/** Reads the URI of a resource whose changes are told. Undefined for any other. */
export const liveTarget = (uri: string): LiveTarget | undefined => {
  if (uri === openOrdersUri) return { kind: "orders", uri }
  if (uri === balancesUri) return { kind: "balances", uri }
  if (uri.length > longestUri) return undefined
  const found = liveUri.exec(uri)
  if (found?.[2] === undefined) return undefined
  const spelling = decoded(found[2])
  return found[1] === "ticker"
    ? { kind: "ticker", template: tickerTemplate, spelling }
    : { kind: "book", template: bookTemplate, spelling }
}

/**
 * The page that clients show beside answers of some tools. It is not listed: users have no use for it, and the tools name
 * it.
 */
export const picturesPage = { uri: chartPage, name: "pictures", toolset: "portfolio", mayRead: true } as const

/** The longest URI that is looked up, in characters. */
const longestUri = 200

const pairUri = /^kraken:\/\/pairs\/(.+)$/
const liveUri = /^kraken:\/\/(ticker|book)\/(.+)$/

/** All that is offered to a principal. */
export interface Offered {
  readonly resources: ReadonlyArray<Resource>
  readonly templates: ReadonlyArray<Template>
  readonly page: boolean
}

/** Reads an offered resource, or one of an offered template, by its URI. */
export const read = (offered: Offered, uri: string): Read => {
  if (uri.length > longestUri) return new ResourceNotFound({ uri: `${uri.slice(0, longestUri)}…` })
  const resource = offered.resources.find((resource) => resource.uri === uri)
  if (resource !== undefined) return resource.read
  if (offered.page && uri === picturesPage.uri)
    return Effect.map(readPage, (text) => new Text({ mimeType: pageType, text, _meta: pageMeta }))
  const year = offered.templates.includes(taxYearTemplate) ? taxYearOf(uri) : undefined
  if (year !== undefined) return Effect.map(readTaxYear(year), (text) => new Text({ mimeType: "text/csv", text }))
  const target = liveTarget(uri)
  if (target !== undefined && "template" in target && offered.templates.includes(target.template))
    return Effect.flatMap(findPair(uri, target.spelling), ({ display }): Read =>
      target.kind === "ticker"
        ? Market.getTicker.run({ pair: [display], limit: 1 })
        : Books.getOrderBook.run({ pair: display, count: bookLevels })
    )
  const spelling = pairUri.exec(uri)?.[1]
  return spelling === undefined ? new ResourceNotFound({ uri }) : findPair(uri, decoded(spelling))
}

/** Finds the pair of a resource by any spelling. */
export const findPair = Effect.fn("Resource.pair")(function* (uri: string, spelling: string) {
  const names = yield* Names
  yield* Effect.mapError(names.pair(spelling), ({ message }) => new ResourceNotFound({ uri, hint: message }))
  const pair = (yield* names.directory).findPair(spelling)
  return pair ?? (yield* new ResourceNotFound({ uri }))
})

/** Lists the pairs for a typed text: an exact match, then those that begin with it, then those that contain it. */
export const completePair = (typed: string): Effect.Effect<ReadonlyArray<string>, never, Names | Principal> =>
  Effect.map(directory(), ({ findPair, pairs }) => {
    const wanted = typed.toUpperCase()
    const names = pairs.map(({ display }) => display)
    const exact = findPair(typed)?.display
    const starting = names.filter((name) => name.toUpperCase().startsWith(wanted))
    const containing = names.filter((name) => name.toUpperCase().includes(wanted))
    return [...new Set([...(exact === undefined ? [] : [exact]), ...starting, ...containing])]
  })

function directory() {
  return Effect.flatMap(Names, ({ directory }) => directory)
}

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
