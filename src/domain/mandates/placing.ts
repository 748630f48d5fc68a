import { Either } from "effect"
import type { Directory, Pair } from "../assets/model.ts"
import * as D from "../numbers/decimal.ts"
import { absolute, hasLimitPrice, limitOf, type Prices } from "../orders/limitPrices.ts"
import type { OrderType } from "../orders/orders.ts"
import { boundOf, readAmount } from "./amounts.ts"
import { fillsWithin, type Levels, readBook, type Side, slippagePrice, touchOf } from "../orders/book.ts"
import { claimOf, type Draft } from "./claims.ts"
import { assetName } from "./conversion.ts"
import { type Allowed, type Judging, layerOf } from "./facts.ts"
import { isExcluded, isListed } from "./pairNames.ts"
import * as P from "./prices.ts"
import { type Judged, notAllowed, uncheckable } from "./refusal.ts"
import { type OrderFields, readAddOrder, readAddOrderBatch } from "./writeFields.ts"

/** The percentage by which a market order can cross the book if no rule says another. */
const usualSlippage = D.decimal("5")

/** The most that a taker fee can be, in percent. */
const highestFee = D.decimal("100")

/** The pair of an order, and what its judgement needs of it. */
export interface Market {
  readonly pair: Pair
  /** Display names. */
  readonly base: string
  readonly quote: string
  /** Undefined if it could not be read. */
  readonly levels: Levels | undefined
}

/** Finds the pair of an order by any spelling, within the class of assets that the request names. */
export const marketOf = (
  { facts }: Judging,
  spelling: string,
  assetClass: "currency" | "tokenized_asset" | undefined
): Judged<Market> => {
  const pair = facts.directory.findPair(spelling)
  if (pair === undefined) return uncheckable("the pair", "Kraken lists no such pair")
  if (pair.assetClass !== (assetClass ?? "currency"))
    return uncheckable("the pair", `${pair.display} is of another asset class`)
  // Its order book, fee and fills are known by this name.
  if (facts.directory.findPair(pair.display) !== pair)
    return uncheckable("the pair", `${pair.display} is the name of another pair as well`)
  return Either.right({
    pair,
    base: assetName(facts.directory, pair.base),
    quote: assetName(facts.directory, pair.quote),
    levels: readBook(facts.books.get(pair.display))
  })
}

/** The name that a request has to use for a pair, so that Kraken finds the one that was judged. */
export const requestName = (pair: Pair, directory: Directory): string =>
  directory.findPair(pair.altname) === pair ? pair.altname : pair.id

/** The best prices of a market. */
export const touchesOf = ({ levels }: Market): P.Touch => ({
  ask: levels && touchOf(levels, "buy"),
  bid: levels && touchOf(levels, "sell")
})

/** The terms of an order by which it is judged. */
export type Terms = Omit<OrderFields, "close" | "userref">

/** Checks that an order needs a margin position. */
export const isMargin = ({ leverage }: { readonly leverage?: string | undefined }): boolean =>
  leverage !== undefined && leverage !== "none"

/** Checks that an order can only reduce a margin position. */
export const reducesPosition = (terms: Pick<Terms, "leverage" | "ordertype" | "reduce_only">): boolean =>
  isMargin(terms) && (terms.reduce_only === true || terms.ordertype === "settle-position")

/** Judges an order. */
export const addOrder = (judging: Judging, params: { readonly [name: string]: unknown }): Judged<Allowed> =>
  Either.gen(function* () {
    const { asset_class, broker, deadline, pair, repeat, validate, ...order } = yield* readAddOrder(params)
    const shared = { asset_class, broker, deadline, repeat, ...(validate === true && { validate }) }
    const market = yield* marketOf(judging, pair, asset_class)
    const [row] = yield* rowsOf(judging, market, [order])
    if (row === undefined) return yield* uncheckable("the order", "there is none")
    const { ask, claim } = yield* claimOfRows(judging, [row], validate !== true)
    const sent = { ...present(shared), pair: requestName(market.pair, judging.facts.directory), ...fieldsOf(row.order) }
    return { _tag: "Allowed", params: sent, claim, ask, ...(row.sentAs !== undefined && { sentAs: row.sentAs }) }
  })

/** Judges the orders of a batch. Each is judged by itself, and what they take together. */
export const addOrderBatch = (judging: Judging, params: { readonly [name: string]: unknown }): Judged<Allowed> =>
  Either.gen(function* () {
    const { asset_class, orders, pair, validate, ...shared } = yield* readAddOrderBatch(params)
    const market = yield* marketOf(judging, pair, asset_class)
    const rows = yield* rowsOf(judging, market, orders)
    const { ask, claim } = yield* claimOfRows(judging, rows, validate !== true)
    const changes = rows.flatMap(({ sentAs = {} }, i) =>
      Object.entries(sentAs).map(([name, text]) => [`orders.${i}.${name}`, text] as const)
    )
    const sent = {
      ...present({ ...shared, asset_class, ...(validate === true && { validate }) }),
      pair: requestName(market.pair, judging.facts.directory),
      orders: rows.map(({ order }) => fieldsOf(order))
    }
    const sentAs = Object.fromEntries(changes)
    return { _tag: "Allowed", params: sent, claim, ask, ...(changes.length > 0 && { sentAs }) }
  })

const present = (fields: { readonly [name: string]: unknown }) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))

/** The fields of an order as requests have them. */
const fieldsOf = ({ oflags = [], ...order }: OrderFields) => ({
  ...order,
  ...(oflags.length > 0 && { oflags: oflags.join(",") })
})

/** An order that was judged. */
interface Row {
  /** The order as it is sent. */
  readonly order: OrderFields
  readonly draft: Draft
  /** The orders that its fills make. */
  readonly child?: Draft
  readonly isMarket: boolean
  readonly sentAs?: { readonly [name: string]: string }
}

const claimOfRows = (judging: Judging, rows: ReadonlyArray<Row>, reserves: boolean) => {
  const children = rows.flatMap(({ child }, parent) => (child === undefined ? [] : [{ ...child, parent }]))
  const kinds = rows.some(({ draft, isMarket }) => isMarket && draft.isCounted) ? (["market"] as const) : []
  return claimOf(judging, [...rows.map(({ draft }) => draft), ...children], { kinds, reserves })
}

const rowsOf = (judging: Judging, market: Market, orders: ReadonlyArray<OrderFields>): Judged<ReadonlyArray<Row>> =>
  Either.gen(function* () {
    yield* newIds(judging, orders)
    let owned = ownedOf(judging, market)
    const rows: Array<Row> = []
    for (const [index, order] of orders.entries()) {
      const row = yield* rowOf(judging, market, order, { index, owned })
      if (row.draft.order?.reduces === true && row.draft.asset === market.base)
        owned = D.subtract(owned, row.draft.amount)
      rows.push(row)
    }
    return rows
  })

/**
 * The amount of the base of a pair that the caller can sell without spending: coins that it bought or was granted. The
 * currency of its capital is none of them, since selling it is how it is spent.
 */
export const ownedOf = ({ facts, rules }: Judging, { base }: Market): D.Decimal => {
  const capital = rules.own?.terms.capital
  if (capital !== undefined && assetName(facts.directory, capital.asset) === base) return D.zero
  return readAmount(facts.owned.get(base)) ?? D.zero
}

/** Checks that the ids of orders under a mandate are new. */
const newIds = ({ facts, rules }: Judging, orders: ReadonlyArray<OrderFields>): Judged<void> => {
  if (rules.own === undefined) return Either.void
  const ids = orders.flatMap(({ cl_ord_id }) => cl_ord_id ?? [])
  const used = ids.find((id, i) => facts.usedClientIds.has(id) || ids.indexOf(id) < i)
  return used === undefined ? Either.void : notAllowed("mandate", "cl_ord_id", used, "an id that no order had before")
}

const rowOf = (
  judging: Judging,
  market: Market,
  given: OrderFields,
  { index, owned }: { readonly index: number; readonly owned: D.Decimal }
): Judged<Row> =>
  Either.gen(function* () {
    const { rules } = judging
    yield* formOf(judging, given)
    const flagged = withFeeInQuote(given)
    const isPositionOnly = reducesPosition(flagged)
    const feeInBase = flagged.oflags?.includes("fcib") === true
    const paysFee = (flagged.type === "buy" && !isPositionOnly) || feeInBase || flagged.close !== undefined
    const fee = paysFee ? yield* feeOf(judging, market) : D.zero
    const volume = D.decimal(flagged.volume)
    const sold = feeInBase ? D.addPercent(volume, fee) : volume
    const isSold = flagged.type === "sell" && !isMargin(flagged) && D.lessThanOrEqualTo(sold, owned)
    const reduces = isPositionOnly || isSold
    if (isPositionOnly) yield* positionRule(judging, market)
    if (!reduces) yield* entryRules(judging, market, flagged, flagged.ordertype)
    const isMarket = flagged.ordertype === "market"
    const order = isMarket ? yield* asLimit(judging, market, flagged, reduces) : flagged
    yield* collarOf(judging, market, order, order.type)
    const limit = limitOf(order)
    const draft: Draft = {
      ...(yield* draftOf(market, order, { fee, feeInBase, isPositionOnly, limit, reduces })),
      order: {
        index,
        ...(order.cl_ord_id !== undefined && { cl_ord_id: order.cl_ord_id }),
        pair: market.pair.display,
        type: order.type,
        volume: order.volume,
        ...(limit !== undefined && { price: D.format(limit) }),
        reduces
      }
    }
    const child =
      order.close === undefined ? undefined : yield* childOf(judging, market, order, order.close, index, fee)
    if (isPositionOnly && child !== undefined)
      return yield* notAllowed(layerOf(rules), "close", "a close of an order that only reduces", "no close")
    const row = { order, draft, isMarket, ...(child !== undefined && { child }) }
    if (!isMarket) return row
    const { ordertype, price = "", timeinforce = "", volume: sent } = order
    const changed = { ordertype, price, timeinforce, ...(sent !== given.volume && { volume: sent }) }
    return { ...row, sentAs: changed }
  })

/** Checks that the position that an order reduces can be of the caller, and not only of others. */
const positionRule = ({ facts, rules }: Judging, { pair }: Market): Judged<void> =>
  rules.own?.terms.maxLeverage !== 0 || facts.leveraged?.has(pair.display) === true
    ? Either.void
    : notAllowed("mandate", "max-leverage", "a position that others opened", "own positions")

/** Checks the form of an order: nothing in it can mean more than it is judged by. */
const formOf = ({ rules }: Judging, order: OrderFields): Judged<void> => {
  const { close, leverage, oflags = [], ordertype, reduce_only, type, userref, volume } = order
  const layer = layerOf(rules)
  const capital = rules.own?.terms.capital
  const useless = P.uselessPrice(order) ?? (close && P.uselessPrice(close))
  if (useless !== undefined)
    return notAllowed(layer, "price", `a ${useless} beside an order that has none`, "prices that the order type uses")
  const missing = P.missingPrice(order) ?? (close && P.missingPrice(close))
  if (missing !== undefined) return uncheckable("the price of the order", `${missing} is missing`)
  if (rules.own !== undefined && userref !== undefined)
    return notAllowed(layer, "userref", "a userref", "orders with a cl_ord_id")
  if (oflags.includes("fcib") && oflags.includes("fciq"))
    return uncheckable("the fee", "fcib and fciq exclude each other")
  // Such an order brings less than its volume, which the orders that its fills make would sell.
  if (close !== undefined && type === "buy" && oflags.includes("fcib"))
    return notAllowed(layer, "oflags", "fcib beside a close", "fciq")
  if (capital !== undefined && oflags.includes("fcib")) return notAllowed(layer, "oflags", "fcib", "fciq")
  if (capital !== undefined && isMargin(order))
    return notAllowed(layer, "max-leverage", `leverage ${String(leverage)}`, "no leverage with capital")
  if (!isMargin(order) && (reduce_only === true || ordertype === "settle-position"))
    return notAllowed(layer, "leverage", "a reducing order without leverage", "one with the leverage of its position")
  if (oflags.includes("viqc") && (ordertype !== "market" || type !== "buy" || isMargin(order)))
    return notAllowed(layer, "oflags", "viqc", "viqc for market buys without leverage")
  if (!/[1-9]/.test(volume) && !reducesPosition(order)) return uncheckable("the volume of the order", "it is zero")
  return Either.void
}

/**
 * Keeps the fee of a spot order in the quote, so that what it takes of the base is its volume. A flag that is off is left
 * out, since Kraken has been seen to treat its presence as on.
 */
const withFeeInQuote = ({ reduce_only, ...given }: OrderFields): OrderFields => {
  const order = reduce_only === true ? { ...given, reduce_only } : given
  const { oflags = [] } = order
  return isMargin(order) || oflags.includes("fcib") || oflags.includes("fciq")
    ? order
    : { ...order, oflags: [...oflags, "fciq"] }
}

/** Reads the fee of a taker, in percent. A maker pays no more. */
export const feeOf = ({ facts }: Judging, { pair }: Market): Judged<D.Decimal> => {
  const fee = readAmount(facts.takerFee(pair.display))
  return fee === undefined || D.greaterThan(fee, highestFee)
    ? uncheckable("the cost of the order", `the fee of ${pair.display} is not known`)
    : Either.right(fee)
}

/** Rules that bind orders which do not only reduce. `asked` is the order type that the caller asked for. */
export const entryRules = (
  { facts, rules }: Judging,
  { pair }: Market,
  order: Pick<Terms, "leverage" | "type"> & Prices,
  asked: OrderType
): Judged<void> => {
  const { leverage, ordertype, type } = order
  const layer = layerOf(rules)
  const terms = rules.own?.terms
  if (terms !== undefined) {
    if (terms.pairs !== undefined && !isListed(terms.pairs, pair, facts.directory))
      return notAllowed(layer, "pairs", pair.display, terms.pairs.join(", ") || "no pair")
    if (isExcluded(terms.notPairs, pair, facts.directory))
      return notAllowed(layer, "not-pairs", pair.display, `all but ${terms.notPairs.join(", ")}`)
    if (terms.sides !== undefined && !terms.sides.includes(type))
      return notAllowed(layer, "sides", type, terms.sides.join(", ") || "no side")
    if (terms.types !== undefined && !terms.types.includes(asked))
      return notAllowed(layer, "types", asked, terms.types.join(", ") || "no type")
    if (asked === "market" && terms.slippage === undefined)
      return notAllowed(layer, "slippage", "a market order", "orders with a limit price")
    if (isMargin(order) && Number.parseInt(leverage ?? "", 10) > terms.maxLeverage)
      return notAllowed(layer, "max-leverage", `leverage ${String(leverage)}`, String(terms.maxLeverage))
  }
  if (ordertype !== "market") {
    const isUnbounded = !hasLimitPrice(ordertype) || (type === "buy" && ordertype === "trailing-stop-limit")
    if (isUnbounded) return notAllowed(layer, "types", `a ${type} with ${ordertype}`, "stop-loss-limit")
    const relative = P.relativePrice(order)
    if (relative !== undefined) return notAllowed(layer, "price", relative, "absolute prices")
  }
  return Either.void
}

/**
 * Makes a market order a limit order that is filled at once or not at all, at the best price moved by the slippage. A
 * walked book is no bound, since it moves.
 */
const asLimit = (
  { rules }: Judging,
  { levels, pair }: Market,
  order: OrderFields,
  reduces: boolean
): Judged<OrderFields> =>
  Either.gen(function* () {
    const check = "the price of a market order"
    if (levels === undefined) return yield* uncheckable(check, `the order book of ${pair.display} could not be read`)
    const terms = rules.own?.terms
    const allowed = [terms?.slippage, terms?.collar].flatMap((percent) => percent ?? []).map(D.decimal)
    const slippage = allowed.reduce((least, percent) => D.min(least, percent), allowed[0] ?? usualSlippage)
    const side: Side = order.type
    const other: Side = side === "buy" ? "sell" : "buy"
    // Nobody offers a price to cross: an order that only reduces passes at the only price there is.
    const touch = touchOf(levels, side) ?? (reduces ? touchOf(levels, other) : undefined)
    if (touch === undefined) return yield* uncheckable(check, `nobody offers a price for ${pair.display}`)
    const price = slippagePrice(touch, side, slippage, pair)
    const inQuote = order.oflags?.includes("viqc") === true
    const volume = inQuote ? D.divideDown(D.decimal(order.volume), price, pair.lotDecimals) : D.decimal(order.volume)
    if (inQuote && D.isZero(volume)) return yield* uncheckable("the volume of the order", "it buys less than one step")
    if (!reduces && !fillsWithin(levels, side, volume, price)) {
      const asked = `${D.format(volume)} ${pair.display} at the market, which would be filled beyond ${D.format(price)}`
      return yield* notAllowed(layerOf(rules), "slippage", asked, `${D.format(slippage)} % from ${D.format(touch)}`)
    }
    const { expiretm: _, oflags = [], timeinforce, ...rest } = order
    return {
      ...rest,
      ordertype: "limit",
      price: D.format(price),
      volume: inQuote ? D.format(volume) : order.volume,
      oflags: oflags.filter((flag) => flag !== "viqc"),
      timeinforce: timeinforce === "FOK" ? "FOK" : "IOC"
    }
  })

/** Checks that a limit price does not cross the book further than the collar allows. */
export const collarOf = (
  { rules }: Judging,
  market: Market,
  order: Prices,
  side: Side,
  touch: P.Touch = touchesOf(market)
): Judged<void> => {
  const collar = rules.own?.terms.collar
  if (collar === undefined || !hasLimitPrice(order.ordertype)) return Either.void
  if (market.levels === undefined)
    return uncheckable("the collar", `the order book of ${market.pair.display} could not be read`)
  const found = P.crossing(order, side, touch, D.decimal(collar))
  if (found === undefined) return Either.void
  const bound = side === "buy" ? "or below" : "or above"
  return notAllowed("mandate", "collar", `${side} at ${found.asked}`, `${side} at ${found.allowed} ${bound}`)
}

interface Bounds {
  readonly fee: D.Decimal
  readonly feeInBase: boolean
  readonly isPositionOnly: boolean
  readonly limit: D.Decimal | undefined
  readonly reduces: boolean
}

/** Computes the most that an order can take. */
export const draftOf = (
  { base, quote }: Market,
  { leverage, type, volume: given }: Pick<Terms, "leverage" | "type" | "volume">,
  { fee, feeInBase, isPositionOnly, limit, reduces }: Bounds
): Judged<Draft> => {
  const volume = D.decimal(given)
  const gets = isMargin({ leverage }) ? {} : { gets: type === "buy" ? base : quote }
  const common = { kind: "order", ...gets, isCounted: !reduces } as const
  const asset = type === "buy" ? quote : base
  // A position is paid for when it is opened. Closing it takes nothing from the balance.
  if (isPositionOnly) return Either.right({ ...common, asset, amount: D.zero })
  if (type === "buy" && limit === undefined) return uncheckable("the cost of the order", "it has no limit price")
  const cost = type === "buy" && limit !== undefined ? D.multiply(limit, volume) : volume
  const amount = boundOf(type === "buy" || feeInBase ? D.addPercent(cost, fee) : cost)
  if (amount === undefined) return uncheckable("the cost of the order", "it is too large")
  const floor = type === "sell" && limit !== undefined ? { floor: { asset: quote, price: limit } } : {}
  return Either.right({ ...common, asset, amount, ...floor })
}

/**
 * Judges the orders that the fills of an order make. One that sells what its parent buys takes only that. One that buys
 * is an order of its own, and so is one of a margin position.
 */
const childOf = (
  judging: Judging,
  market: Market,
  parent: OrderFields,
  close: NonNullable<OrderFields["close"]>,
  index: number,
  fee: D.Decimal
): Judged<Draft> =>
  Either.gen(function* () {
    const type: Side = parent.type === "buy" ? "sell" : "buy"
    const reduces = type === "sell" && !isMargin(parent)
    const order = {
      ...close,
      type,
      volume: parent.volume,
      ...(parent.leverage !== undefined && { leverage: parent.leverage })
    }
    if (!reduces) yield* entryRules(judging, market, order, close.ordertype)
    // It is placed when its parent is filled, at the parent's price or a better one.
    const entry = limitOf(parent) ?? absolute(parent.price)
    const { ask, bid } = touchesOf(market)
    const pick = type === "sell" ? D.min : D.max
    const moved = (price: D.Decimal | undefined) =>
      price === undefined || entry === undefined ? price : pick(price, entry)
    yield* collarOf(judging, market, close, type, { ask: moved(ask), bid: moved(bid) })
    const limit = limitOf(close)
    const feeInBase = parent.oflags?.includes("fcib") === true
    const draft = yield* draftOf(market, order, { fee, feeInBase, isPositionOnly: false, limit, reduces })
    return {
      ...draft,
      order: {
        index,
        pair: market.pair.display,
        type,
        volume: parent.volume,
        ...(limit !== undefined && { price: D.format(limit) }),
        reduces
      }
    }
  })
