import { Either } from "effect"
import * as D from "../numbers/decimal.ts"
import type { Side } from "../orders/book.ts"
import { absolute, limitOf } from "../orders/limitPrices.ts"
import type { Draft } from "./claims.ts"
import type { Judging } from "./facts.ts"
import { isMargin } from "./marginOrders.ts"
import { draftOf } from "./orderAmounts.ts"
import { type Market, touchesOf } from "./orderMarket.ts"
import { collarOf, entryRules } from "./orderRules.ts"
import type { Judged } from "./refusal.ts"
import type { OrderFields } from "./writeFields.ts"

/**
 * Judges the orders that the fills of an order make. One that sells what its parent buys takes only that. One that buys
 * is an order of its own, and so is one of a margin position.
 */
export const childOf = (
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
