import { Either } from "effect"
import * as D from "../numbers/decimal.ts"
import { limitOf } from "../orders/limitPrices.ts"
import { claimOf, type Draft, keeps } from "./claims.ts"
import { childOf } from "./conditionalClose.ts"
import { type Allowed, type Judging, layerOf, type Rules } from "./facts.ts"
import { isMargin, reducesPosition } from "./marginOrders.ts"
import { asLimit } from "./marketAsLimit.ts"
import { draftOf, feeOf, ownedOf } from "./orderAmounts.ts"
import { type Market, marketOf, requestName } from "./orderMarket.ts"
import { collarOf, entryRules, formOf, newIds, positionRule } from "./orderRules.ts"
import { type Judged, notAllowed, uncheckable } from "./refusal.ts"
import { type OrderFields, readAddOrder, readAddOrderBatch } from "./writeFields.ts"

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
    yield* keepRules(rules, order, draft, child)
    if (isPositionOnly && child !== undefined)
      return yield* notAllowed(layerOf(rules), "close", "a close of an order that only reduces", "no close")
    const row = { order, draft, isMarket, ...(child !== undefined && { child }) }
    if (!isMarket) return row
    const { ordertype, price = "", timeinforce = "", volume: sent } = order
    const changed = { ordertype, price, timeinforce, ...(sent !== given.volume && { volume: sent }) }
    return { ...row, sentAs: changed }
  })

/**
 * Refuses orders that take from a balance that has to stay, but only later: Kraken holds nothing for them yet, so they would
 * be compared with the balance one by one, and never together.
 */
const keepRules = (rules: Rules, order: OrderFields, draft: Draft, child: Draft | undefined): Judged<void> => {
  const takesKept = (taken: Draft) => taken.order?.reduces !== true && keeps(rules, taken.asset)
  if (takesKept(draft) && order.starttm !== undefined && order.starttm !== "0")
    return notAllowed("mandate", "keep", `an order that takes ${draft.asset} later`, "an order without starttm")
  if (child !== undefined && takesKept(child))
    return notAllowed("mandate", "keep", `a close that takes ${child.asset}`, "an order without a close")
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
