import { Either } from "effect"
import * as D from "../numbers/decimal.ts"
import { type OrderType, orderTypes, priceUses, type PriceUse } from "../orders/orders.ts"
import { hasTrigger } from "../orders/triggerRules.ts"
import { readAmount } from "./amounts.ts"
import { claimOf, type Draft, emptyClaim, keeps } from "./claims.ts"
import { type Allowed, type AmendedOrder, type Judging, layerOf } from "./facts.ts"
import { isMargin } from "./marginOrders.ts"
import { draftOf, feeOf, ownedOf } from "./orderAmounts.ts"
import { type Market, marketOf, requestName } from "./orderMarket.ts"
import { collarOf, entryRules } from "./orderRules.ts"
import { absolute, limitOf } from "../orders/limitPrices.ts"
import { type Judged, notAllowed, uncheckable } from "./refusal.ts"
import { type AmendOrder, readAmendOrder } from "./writeFields.ts"

const check = "the order to amend"

/** The terms of an open order. */
export interface OpenTerms {
  readonly type: "buy" | "sell"
  readonly ordertype: OrderType
  readonly volume: string
  readonly price?: string
  readonly price2?: string
  readonly leverage?: string
  readonly oflags: ReadonlyArray<string>
}

/** Reads the terms of an order as Kraken lists it. */
export const termsOf = ({ descr, oflags, vol }: AmendedOrder["row"]): Judged<OpenTerms> => {
  const { leverage, ordertype, type } = descr
  const known = orderTypes.find((name) => name === ordertype)
  const flags = oflags === undefined || oflags === "" ? [] : oflags.split(",")
  const volume = String(vol)
  if (known === undefined || (type !== "buy" && type !== "sell")) return uncheckable(check, "its type is unknown")
  if (flags.includes("viqc") || readAmount(volume) === undefined) return uncheckable(check, "its volume is unknown")
  const uses = priceUses[known]
  const lever = String(leverage ?? "none")
  return Either.right({
    type,
    ordertype: known,
    volume,
    oflags: flags,
    ...(uses.price !== undefined && { price: String(descr.price ?? "") }),
    ...(uses.price2 !== undefined && { price2: String(descr.price2 ?? "") }),
    ...(lever !== "none" && lever !== "0" && { leverage: lever })
  })
}

/** Makes the terms of the order that results from an amendment. */
const resultOf = (open: OpenTerms, { limit_price, order_qty, trigger_price }: AmendOrder): OpenTerms => {
  const uses = priceUses[open.ordertype]
  const given = (use: PriceUse | undefined) => (use?.what.startsWith("limit") === true ? limit_price : trigger_price)
  const price = uses.price && (given(uses.price) ?? open.price)
  const price2 = uses.price2 && (given(uses.price2) ?? open.price2)
  return {
    ...open,
    volume: order_qty ?? open.volume,
    ...(price !== undefined && { price }),
    ...(price2 !== undefined && { price2 })
  }
}

/**
 * Judges an amendment as the order that results. It reserves the increase beyond the highest volume and price that the
 * order ever had.
 */
export const amendOrder = (judging: Judging, params: { readonly [name: string]: unknown }): Judged<Allowed> =>
  Either.gen(function* () {
    const { facts, rules } = judging
    const amend = yield* readAmendOrder(params)
    const { post_only, ...rest } = amend
    if (amend.txid !== undefined && amend.cl_ord_id !== undefined) return yield* uncheckable(check, "it has two names")
    if (facts.amended === undefined) return yield* uncheckable(check, "it could not be read")
    const { open, row } = facts.amended
    if (open === undefined && rules.own?.terms.cancel === "own")
      return yield* notAllowed("mandate", "cancel", "an order of another caller", "own orders")
    const before = yield* termsOf(row)
    const pair = facts.directory.findPair(row.descr.pair)
    if (pair === undefined) return yield* uncheckable(check, "its pair is unknown")
    const market = yield* marketOf(judging, row.descr.pair, pair.assetClass)
    if (amend.pair !== undefined && facts.directory.findPair(amend.pair) !== pair)
      return yield* uncheckable(check, "it is of another pair")
    const after = resultOf(before, amend)
    const draft = yield* raiseOf(judging, market, facts.amended, before, after)
    const sent = {
      ...rest,
      ...(post_only === true && { post_only }),
      ...(amend.pair !== undefined && { pair: requestName(pair, facts.directory) })
    }
    const { ask, claim } =
      draft === undefined ? { ask: [], claim: emptyClaim(rules) } : yield* claimOf(judging, [draft], { kinds: [] })
    return { _tag: "Allowed", params: sent, claim, ask }
  })

/** Computes the increase of an order's bound. Undefined if the order takes nothing that limits count. */
const raiseOf = (
  judging: Judging,
  market: Market,
  { hasClose, open }: AmendedOrder,
  before: OpenTerms,
  after: OpenTerms
): Judged<Draft | undefined> =>
  Either.gen(function* () {
    const { rules } = judging
    const layer = layerOf(rules)
    const [was, volume] = [D.decimal(before.volume), D.decimal(after.volume)]
    const order = open?.order
    if (order !== undefined && (order.type !== after.type || order.pair !== market.pair.display))
      return yield* uncheckable(check, "the record shows another order")
    const reduces = order?.reduces === true
    yield* collarOf(judging, market, after, after.type)
    const [limit, limitBefore] = [limitOf(after), limitOf(before)]
    // An order of others has no bound here: what brings it nearer to being filled would be spending.
    if (open === undefined || order === undefined) {
      const isNearer = after.type === "buy" ? isHigher(limit, limitBefore) : isHigher(limitBefore, limit)
      const isMoved = after.price !== before.price || after.price2 !== before.price2
      return D.greaterThan(volume, was) || (isMoved && (isNearer || hasTrigger(after.ordertype)))
        ? yield* notAllowed(layer, "amend", "an order of others that takes more, or sooner", "own orders")
        : undefined
    }
    if (!reduces) yield* entryRules(judging, market, after, after.ordertype)
    // All orders that the fills of another one made share one bound. It ends when they are as large as what was filled.
    if (open.parent !== undefined) {
      const isResized = reduces ? D.greaterThan(volume, was) : !D.equals(volume, was)
      const isRaised = isResized || (after.type === "buy" && isHigher(limit, limitBefore))
      return isRaised
        ? yield* notAllowed(layer, "amend", "a larger order that a close made", "one that takes no more")
        : undefined
    }
    const highest = D.max(D.max(D.decimal(order.volume), was), volume)
    // What the orders take that its fills make was computed from its size and price, and is not raised with them.
    if (hasClose && (D.greaterThan(highest, D.decimal(order.volume)) || isHigher(limit, absolute(order.price))))
      return yield* notAllowed(layer, "amend", "a larger or dearer order with a close", "an order without a close")
    // Nothing leaves a balance when a position is closed.
    if (reduces && isMargin(before)) return undefined
    // An amendment that took less freed a part of what had to be left, and going back would be compared with nothing.
    const isBuy = after.type === "buy"
    const wasLess = D.lessThan(was, D.decimal(order.volume)) || (isBuy && isHigher(absolute(order.price), limitBefore))
    const isMore = D.greaterThan(volume, was) || (isBuy && isHigher(limit, limitBefore))
    if (!reduces && wasLess && isMore && keeps(rules, open.asset))
      return yield* notAllowed(
        "mandate",
        "keep",
        "an order that was amended to take less, and would take more",
        "a new order"
      )
    const feeInBase = before.oflags.includes("fcib")
    const fee = after.type === "buy" || feeInBase ? yield* feeOf(judging, market) : D.zero
    if (reduces) {
      const amount = feeInBase ? D.addPercent(highest, fee) : highest
      const increase = D.max(D.zero, D.subtract(amount, D.decimal(open.amount)))
      if (D.greaterThan(increase, ownedOf(judging, market)))
        return yield* notAllowed(layer, "amend", `a sale of ${D.format(volume)}`, "a sale of what the caller owns")
    }
    const price = highestOf([absolute(order.price), limitBefore, limit])
    const bound = yield* draftOf(
      market,
      { ...after, volume: D.format(highest) },
      {
        fee,
        feeInBase,
        isPositionOnly: false,
        limit: price,
        reduces
      }
    )
    if (!reduces && open.counts === undefined) return yield* uncheckable(check, "its limits are unknown")
    const reserved = D.decimal(open.amount)
    const amount = D.max(D.zero, D.subtract(bound.amount, reserved))
    // A sale that counts is worth more at a higher price, although it takes no more.
    const isDearer = !reduces && after.type === "sell" && isHigher(limit, absolute(order.price))
    if (D.isZero(amount) && !isDearer) return undefined
    return {
      ...bound,
      amount,
      order: { ...order, volume: D.format(highest), ...(price !== undefined && { price: D.format(price) }) },
      raises: {
        intent: open.seq,
        n: open.n,
        from: { amount: open.amount, volume: order.volume, ...(order.price !== undefined && { price: order.price }) }
      },
      raised: { amount: reserved, counts: open.counts ?? [] }
    }
  })

const isHigher = (price: D.Decimal | undefined, than: D.Decimal | undefined): boolean =>
  price === undefined || than === undefined || D.greaterThan(price, than)

const highestOf = (prices: ReadonlyArray<D.Decimal | undefined>): D.Decimal | undefined =>
  prices.reduce(
    (most, price) => (most === undefined ? price : price === undefined ? most : D.max(most, price)),
    undefined
  )
