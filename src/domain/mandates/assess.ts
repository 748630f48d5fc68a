import { Either, Predicate } from "effect"
import type { Directory, Pair } from "../assets/model.ts"
import { endpoints, type Params, type WriteEndpoint } from "../endpoints/endpoints.ts"
import { amendOrder, termsOf } from "./amendments.ts"
import { currenciesOf, emptyClaim } from "./claims.ts"
import { assetName, routeOf } from "./conversion.ts"
import { type Allowed, type Facts, type FactsNeeded, type Judge, type Judging, layerOf, type Rules } from "./facts.ts"
import type { Mandate } from "./mandate.ts"
import { isMargin, reducesPosition } from "./marginOrders.ts"
import { addOrder, addOrderBatch } from "./placing.ts"
import { hasLimit, type Judged, notAllowed, type Refusal } from "./refusal.ts"
import { accountTransfer, allocate, deallocate, walletTransfer, withdraw } from "./transfers.ts"
import * as Fields from "./writeFields.ts"

export type { Facts, FactsNeeded, Rules } from "./facts.ts"

/** The judgement of a write: its parameters as they have to be sent and its claim, or the reason to refuse it. */
export type Assessed = Allowed | Refusal

type Access = Mandate["access"]

/** The rules for writes to one endpoint. */
interface Entry {
  /** The access that a mandate needs to have. */
  readonly access: Access | ((params: Params) => Access)
  /** Judges a write whose amounts are limited. */
  readonly judge: Judge
  /** The act for which a person might have to be asked, although no amount is limited. */
  readonly asks?: (params: Params) => "funds" | "market" | "cancel-all" | undefined
}

/** Allows a write that takes nothing, as it is. */
const free: Judge = ({ rules }, params) => Either.right({ _tag: "Allowed", params, claim: emptyClaim(rules), ask: [] })

const cancel: Entry = { access: "read", judge: free }

const isMarket = (order: unknown): boolean => Predicate.isRecord(order) && order["ordertype"] === "market"

const table: { readonly [E in WriteEndpoint]: Entry } = {
  "private/AddOrder": {
    access: "trade",
    judge: addOrder,
    asks: (order) => (isMarket(order) && order["validate"] !== true ? "market" : undefined)
  },
  "private/AddOrderBatch": {
    access: "trade",
    judge: addOrderBatch,
    asks: ({ orders, validate }) =>
      Array.isArray(orders) && orders.some(isMarket) && validate !== true ? "market" : undefined
  },
  "private/AmendOrder": { access: "trade", judge: amendOrder },
  "private/EditOrder": {
    access: "trade",
    judge: ({ rules }) => notAllowed(layerOf(rules), "edit_order", "edit_order", "amend_order")
  },
  "private/CancelOrder": cancel,
  "private/CancelOrderBatch": cancel,
  "private/CancelAll": { ...cancel, asks: () => "cancel-all" },
  "private/CancelAllOrdersAfter": {
    ...cancel,
    asks: () => "cancel-all",
    judge: (judging, params) =>
      judging.rules.own?.terms.cancel === "own"
        ? notAllowed("mandate", "cancel", "cancel_all_orders_after, which cancels orders of others", "own orders")
        : free(judging, params)
  },
  "private/WithdrawCancel": cancel,
  "private/GetWebSocketsToken": {
    access: "read",
    judge: ({ rules }) =>
      notAllowed(layerOf(rules), "credential", "a token that can trade past every limit", "no such token")
  },
  "private/AddExport": { access: "trade", judge: free },
  "private/RemoveExport": { access: "trade", judge: free },
  "private/DepositAddresses": { access: (params) => (isGiven(params["new"]) ? "full" : "read"), judge: free },
  "private/CreateSubaccount": { access: "full", judge: free },
  "private/Withdraw": { access: "full", judge: withdraw, asks: () => "funds" },
  "private/WalletTransfer": { access: "full", judge: walletTransfer, asks: () => "funds" },
  "private/AccountTransfer": { access: "full", judge: accountTransfer, asks: () => "funds" },
  "private/Earn/Allocate": { access: "full", judge: allocate, asks: () => "funds" },
  "private/Earn/Deallocate": { access: "full", judge: deallocate }
}

const isGiven = (value: unknown): boolean => value !== undefined && value !== null && value !== false

const ranks: { readonly [access in Access]: number } = { read: 0, trade: 1, full: 2 }

/**
 * Checks that writes have to be valued: an amount is limited or compared, or a person is asked about market orders and has
 * to see the price that bounds them.
 */
const isValued = ({ own, server }: Rules): boolean =>
  own !== undefined ||
  (server !== undefined &&
    (hasLimit(server.spending.max) || server.ask.above !== undefined || server.ask.kinds.includes("market")))

/** Checks that there is any rule at all. */
const isBound = (rules: Rules): boolean => isValued(rules) || (rules.server?.ask.kinds.length ?? 0) > 0

/** Endpoints whose form is refused as soon as there is any rule, since they go past all of them. */
const isBypass = (endpoint: WriteEndpoint): boolean =>
  endpoint === "private/EditOrder" || endpoints[endpoint].moves === "credential"

/**
 * Judges one write under the mandate of its caller and the limits that all callers share. It finds what no earlier write
 * changes: rules, the value of the write at worst, the parameters to send, and its claim. Whether there is room for the
 * claim is decided when it is recorded.
 *
 * The parameters have to have the ids by which the orders can be found, since the claim names them. The parameters of the
 * answer have to be sent, not those that were given.
 */
export const assess = (endpoint: WriteEndpoint, params: Params, rules: Rules, facts: Facts): Assessed =>
  Either.merge(judge({ endpoint, rules, facts }, params))

const judge = (judging: Judging, params: Params): Judged<Allowed> => {
  const { endpoint, rules } = judging
  const { access, asks, judge } = table[endpoint]
  if (!isBound(rules)) return free(judging, params)
  const needed = typeof access === "function" ? access(params) : access
  const given = rules.own?.terms.access ?? "full"
  if (ranks[needed] > ranks[given]) return notAllowed("mandate", "access", needed, given)
  const kind = asks?.(params)
  const isCancel = endpoints[endpoint].moves === "cancels"
  if (isValued(rules) && !isCancel) return judge(judging, params)
  const judged = isCancel || isBypass(endpoint) ? judge(judging, params) : free(judging, params)
  const isAsked =
    kind !== undefined && [rules.own?.terms.ask, rules.server?.ask].some((ask) => ask?.kinds.includes(kind) === true)
  return kind !== undefined && isAsked ? Either.map(judged, (allowed) => ({ ...allowed, ask: [kind] })) : judged
}

const nothing: FactsNeeded = { books: [], fees: [], owned: [], balances: false, newClientIds: [] }

/**
 * Lists the facts that have to be read before a write is judged. The pair of an amendment and the asset of an allocation
 * are known only when those were read: then the facts are asked for again, with what was read as `known`.
 */
export const factsNeeded = (
  endpoint: WriteEndpoint,
  params: Params,
  rules: Rules,
  directory: Directory,
  known: Pick<Facts, "amended" | "strategy"> = {}
): FactsNeeded => {
  if (!isValued(rules)) return nothing
  switch (endpoint) {
    case "private/AddOrder":
      return Either.match(Fields.readAddOrder(params), {
        onLeft: () => nothing,
        onRight: ({ pair, ...order }) => forOrders(pair, [order], rules, directory)
      })
    case "private/AddOrderBatch":
      return Either.match(Fields.readAddOrderBatch(params), {
        onLeft: () => nothing,
        onRight: ({ orders, pair }) => forOrders(pair, orders, rules, directory)
      })
    case "private/AmendOrder":
      return Either.match(Fields.readAmendOrder(params), {
        onLeft: () => nothing,
        onRight: (amend) => forAmendment(amend, rules, directory, known)
      })
    case "private/Withdraw":
    case "private/WalletTransfer":
    case "private/AccountTransfer":
      return forFunds(params["asset"], rules, directory)
    case "private/Earn/Allocate": {
      const id = params["strategy_id"]
      if (known.strategy !== undefined) return forFunds(known.strategy.asset, rules, directory)
      return typeof id === "string" ? { ...nothing, strategy: id } : nothing
    }
    default:
      return nothing
  }
}

const keeps = ({ own }: Rules): boolean => Object.keys(own?.terms.keep ?? {}).length > 0

/** The books through which an asset is valued. */
const booksFor = (asset: string, rules: Rules, directory: Directory, more: ReadonlyArray<string> = []) =>
  [...currenciesOf(rules, directory), ...more].flatMap((currency) =>
    (routeOf(asset, currency, directory) ?? []).map(({ pair }) => pair.display)
  )

const forFunds = (asset: unknown, rules: Rules, directory: Directory): FactsNeeded => {
  const { own } = rules
  if (typeof asset !== "string" || asset.length > 200) return nothing
  const limits = Object.values(own?.terms.withdraw ?? {}).map(({ asset }) => assetName(directory, asset))
  const books = booksFor(assetName(directory, asset), rules, directory, limits)
  return { ...nothing, books: [...new Set(books)], balances: keeps(rules) }
}

type OrderTerms = Pick<Fields.OrderFields, "leverage" | "ordertype" | "reduce_only" | "type"> & {
  readonly close?: unknown
  readonly cl_ord_id?: string
}

const forOrders = (
  name: string,
  orders: ReadonlyArray<OrderTerms>,
  rules: Rules,
  directory: Directory
): FactsNeeded => {
  const pair = directory.findPair(name)
  return pair === undefined
    ? nothing
    : {
        ...forPair(pair, orders, rules, directory),
        newClientIds: rules.own === undefined ? [] : orders.flatMap(({ cl_ord_id }) => cl_ord_id ?? [])
      }
}

const forPair = (pair: Pair, orders: ReadonlyArray<OrderTerms>, rules: Rules, directory: Directory): FactsNeeded => {
  const [base, quote] = [assetName(directory, pair.base), assetName(directory, pair.quote)]
  const spending = orders.filter((order) => !reducesPosition(order))
  const buys = spending.some(({ close, type }) => type === "buy" || close !== undefined)
  const sells = spending.some((order) => order.type === "sell" || (order.close !== undefined && isMargin(order)))
  // Positions of a caller with a right to leverage can't be told from those of others.
  const mightBeOfOthers = rules.own?.terms.maxLeverage === 0 && orders.some(reducesPosition)
  const needsBook = rules.own?.terms.collar !== undefined || orders.some(({ ordertype }) => ordertype === "market")
  const books = [
    ...(needsBook ? [pair.display] : []),
    ...(buys || sells ? booksFor(quote, rules, directory) : []),
    ...(sells ? booksFor(base, rules, directory) : [])
  ]
  return {
    ...nothing,
    books: [...new Set(books)],
    fees: [pair.display],
    ...(mightBeOfOthers && { leveraged: pair.display }),
    owned: orders.some((order) => order.type === "sell" && !isMargin(order)) ? [base] : [],
    balances: keeps(rules) && spending.length > 0
  }
}

const forAmendment = (
  { cl_ord_id, txid }: Fields.AmendOrder,
  rules: Rules,
  directory: Directory,
  { amended }: Pick<Facts, "amended">
): FactsNeeded => {
  const names = { ...(txid !== undefined && { txid }), ...(cl_ord_id !== undefined && { cl_ord_id }) }
  if (amended === undefined) return { ...nothing, amended: names }
  const pair = directory.findPair(amended.row.descr.pair)
  const terms = Either.getOrUndefined(termsOf(amended.row))
  return pair === undefined || terms === undefined ? nothing : forPair(pair, [terms], rules, directory)
}
