import { Effect, Option } from "effect"
import type { Pair } from "../../domain/assets/model.ts"
import type { Result } from "../../domain/endpoints/endpoints.ts"
import * as D from "../../domain/numbers/decimal.ts"
import { quoteTexts } from "../../domain/wire/escapeText.ts"
import type { Amend, Edit } from "../../domain/orders/orders.ts"
import { amendPairFaults } from "../../domain/orders/pairRules.ts"
import { Names } from "../../services/Names.ts"
import { type ExtraReads, tryRead } from "../kit/extraReads.ts"
import { fundsHints } from "../kit/fundsHints.ts"
import { type Hints, type Refusal, refusedFor } from "../kit/refusals.ts"
import { tickerParams } from "./marketChecks.ts"

type Order = Result<"private/QueryOrders">[string]
type HintsEffect = Effect.Effect<Hints, never, ExtraReads>

const noHints: HintsEffect = Effect.succeed([])

const directory = Effect.flatMap(Names, (names) => names.directory)

const insufficient = /insufficient funds/i
const insufficientMargin = /insufficient (initial )?margin|margin allowance/i
const invalidPrice = /invalid price|post only|tick size/i
const unknownOrder = /unknown order|invalid order/i

/** Checks that Kraken refused a call since it knows no open order by the given name. */
export const isUnknownOrder = (refusal: Refusal): boolean => refusedFor(refusal, unknownOrder)

/** Describes the free margin. */
const marginHints: HintsEffect = Effect.map(tryRead("private/TradeBalance", { asset: "ZUSD" }), (found) =>
  Option.match(found, {
    onNone: () => [],
    onSome: ({ mf }) => (mf === undefined ? [] : [`The free margin is ${mf} USD: see get_trade_balance`])
  })
)

/** Explains the refusal of a new order: free and held funds, or the present prices. */
export const placingHints = (
  refusal: Refusal,
  { type, pair: name }: { readonly type: "buy" | "sell"; readonly pair: string }
): HintsEffect =>
  Effect.flatMap(directory, ({ findPair }) => {
    const pair = findPair(name)
    if (refusedFor(refusal, insufficient)) return pair === undefined ? noHints : sideHints(type, pair)
    if (refusedFor(refusal, insufficientMargin)) return marginHints
    return refusedFor(refusal, invalidPrice) ? Effect.map(market(name, pair), ({ hints }) => hints) : noHints
  })

/** Describes the funds that an order of a side needs. */
export const sideHints = (type: string | undefined, pair: Pair): HintsEffect =>
  fundsHints(type === "sell" ? pair.base : pair.quote)

/** An open order by one of its names. */
export interface OrderName {
  readonly txid?: string
  readonly cl_ord_id?: string
}

/** Explains the refusal of a change of an order: its state, free and held funds, or the reason why a price is invalid. */
export const changingHints = (
  refusal: Refusal,
  change: Pick<Amend, "txid" | "cl_ord_id" | "limit_price" | "trigger_price" | "post_only"> | Edit
): HintsEffect =>
  Effect.gen(function* () {
    if (isUnknownOrder(refusal)) return yield* unknownOrderHints(change)
    if (refusedFor(refusal, insufficientMargin)) return yield* marginHints
    if (!refusedFor(refusal, insufficient) && !refusedFor(refusal, invalidPrice)) return []
    const found = yield* orderNamed(change)
    if (Option.isNone(found)) return []
    const order = found.value
    const { findPair } = yield* directory
    const pair = findPair(order.descr.pair)
    if (refusedFor(refusal, insufficient)) return pair === undefined ? [] : yield* sideHints(order.descr.type, pair)
    const { ask, bid, hints } = yield* market(order.descr.pair, pair)
    const limit = "limit_price" in change ? change.limit_price : "price" in change ? change.price : undefined
    const trigger = "trigger_price" in change ? change.trigger_price : undefined
    const given = {
      ...(limit !== undefined && { limit_price: limit }),
      ...(trigger !== undefined && { trigger_price: trigger })
    }
    const rules = pair === undefined ? [] : amendPairFaults(given, pair).map(({ fault }) => fault)
    const isPostOnly =
      order.oflags?.split(",").includes("post") === true || ("post_only" in change && change.post_only === true)
    const price = limit === undefined ? undefined : D.parse(limit)
    const taken = order.descr.type === "buy" ? ask : bid
    const takes =
      price !== undefined &&
      taken !== undefined &&
      (order.descr.type === "buy" ? D.greaterThanOrEqualTo(price, taken) : D.lessThanOrEqualTo(price, taken))
    return [
      ...rules,
      ...(isPostOnly && takes
        ? [`The ${order.descr.type} is post-only, and at ${limit} it would trade at once with ${D.format(taken)}`]
        : []),
      `The order is a ${order.descr.type} ${order.descr.ordertype ?? "order"} at ${order.descr.price ?? "no price"}`,
      ...hints
    ]
  })

/** Names the order that is not open, and tells what became of it if Kraken still knows. */
export const unknownOrderHints = (name: OrderName): HintsEffect => {
  if (name.cl_ord_id !== undefined) return Effect.succeed([`No open order has the cl_ord_id ${name.cl_ord_id}`])
  const { txid } = name
  if (txid === undefined) return noHints
  if (/^-?\d+$/.test(txid)) return Effect.succeed([`No open order has the userref ${txid}`])
  return Effect.map(orderNamed({ txid }), (found) => [
    Option.match(found, {
      onNone: () => `No order with the txid ${txid} is shown by Kraken. Look in get_closed_orders`,
      onSome: ({ reason, status, vol_exec }) =>
        `The order ${txid} is ${status}${reason === undefined || reason === "" ? "" : ` (${quoteTexts([reason])})`}, with ${vol_exec} filled`
    })
  ])
}

/** Names the orders of a batch that are not open. */
export const unknownOrdersHints = (
  refusal: Refusal,
  {
    cl_ord_ids = [],
    orders = []
  }: { readonly orders?: ReadonlyArray<string>; readonly cl_ord_ids?: ReadonlyArray<string> }
): HintsEffect =>
  isUnknownOrder(refusal)
    ? Effect.map(tryRead("private/OpenOrders", {}), (found) =>
        Option.match(found, {
          onNone: () => [],
          onSome: ({ open }) => {
            const names = new Set(
              Object.entries(open).flatMap(([txid, { cl_ord_id, userref }]) => [txid, cl_ord_id, String(userref)])
            )
            const given = [...orders, ...cl_ord_ids]
            const ended = given.filter((name) => !names.has(name))
            const left = given.filter((name) => names.has(name))
            return [
              ...(ended.length > 0 ? [`Not open: ${ended.join(", ")}`] : []),
              ...(left.length > 0 ? [`Still open: ${left.join(", ")}`] : [])
            ]
          }
        })
      )
    : noHints

const orderNamed = ({ cl_ord_id, txid }: OrderName): Effect.Effect<Option.Option<Order>, never, ExtraReads> =>
  txid === undefined
    ? Effect.map(
        tryRead("private/OpenOrders", { cl_ord_id }),
        Option.flatMapNullable(({ open }) => Object.values(open)[0])
      )
    : Effect.map(
        tryRead("private/QueryOrders", { txid }),
        Option.flatMapNullable((rows) => rows[txid])
      )

/** Reads the present prices of a pair. */
const market = (name: string, pair: Pair | undefined) =>
  Effect.map(tryRead("public/Ticker", tickerParams(name, pair)), (found) => {
    const row = Option.getOrUndefined(Option.map(found, (rows) => Object.values(rows)[0]))
    const price = (cells: ReadonlyArray<string | number | null> | undefined) =>
      cells?.[0] === undefined || cells[0] === null ? undefined : D.parse(String(cells[0]))
    const [ask, bid, last] = [price(row?.a), price(row?.b), price(row?.c)]
    return {
      ask,
      bid,
      hints:
        ask === undefined || bid === undefined || last === undefined
          ? []
          : [
              `${pair?.display ?? name} now: last ${D.format(last)}, best bid ${D.format(bid)}, best ask ${D.format(ask)}`
            ]
    }
  })
