import { Effect, Option } from "effect"
import * as D from "../../domain/numbers/decimal.ts"
import { hasTrigger } from "../../domain/orders/triggerRules.ts"
import { quoteTexts } from "../../domain/wire/escapeText.ts"
import type { Result } from "../../domain/endpoints/endpoints.ts"
import { AccountData } from "../../services/AccountData.ts"
import { optionalText } from "../kit/answerFields.ts"
import { quoteUnit } from "./orderOutput.ts"
import { awaitOrders } from "./awaitOrders.ts"
import { type ExtraReads, tryRead } from "../kit/extraReads.ts"

/** The state of an order just after it was placed or changed. */
export const State = { state: optionalText, reason: optionalText }

/** The part of an order that was filled. cost and fee are in quote currency, and so is `filled` if `filled_in` says so. */
export const Filled = {
  filled: optionalText,
  filled_in: optionalText,
  avg_price: optionalText,
  cost: optionalText,
  fee: optionalText
}

type OrderRow = Result<"private/QueryOrders">[string]

/** Makes the fields of what was filled of an order. Only the volume, if nothing was. */
export const filledFields = ({ cost, fee, price, vol_exec, ...order }: OrderRow, pair: string) => {
  const unit = quoteUnit(order, pair)
  const filled = { filled: plain(vol_exec), ...(unit !== undefined && { filled_in: unit }) }
  if (!/[1-9]/.test(filled.filled)) return filled
  return {
    ...filled,
    ...(price !== undefined && { avg_price: plain(price) }),
    ...(cost !== undefined && { cost: plain(cost) }),
    ...(fee !== undefined && { fee: plain(fee) })
  }
}

/** Prints a number without trailing zeros. */
export const plain = (value: string | number): string => {
  const number = D.parse(String(value))
  return number === undefined ? String(value) : D.format(number)
}

/** Makes the field of the reason for which Kraken ended an order. */
export const reasonFields = ({ reason }: Pick<OrderRow, "reason">) =>
  reason === undefined || reason === "" ? {} : { reason }

/** Waits until an order that was placed has ended, for at most `seconds`. None if it could not be read. */
export const waitedFor = (txid: string, seconds: number) =>
  Effect.gen(function* () {
    const { orders: feed } = yield* AccountData
    const read = () =>
      Effect.map(tryRead("private/QueryOrders", { txid }), (found) => ({
        orders: Option.getOrElse(found, () => ({})),
        unknown: []
      }))
    const { orders } = yield* awaitOrders([txid], seconds, read, feed)
    return Option.fromNullable(orders[txid])
  })

interface State {
  readonly state: string
  readonly reason?: string
  readonly filled: string
}

interface Terms {
  readonly ordertype?: string
  readonly oflags?: ReadonlyArray<string>
  readonly timeinforce?: string
}

/** Checks that Kraken's engine can cancel an order at once, although it has accepted it. */
export const canEndAtOnce = ({ oflags, ordertype, timeinforce }: Terms): boolean =>
  hasTrigger(ordertype) || oflags?.includes("post") === true || timeinforce === "IOC" || timeinforce === "FOK"

/**
 * Reads orders back once, by their ids. Kraken answers with a `txid` even if it cancels an order at once: one whose
 * trigger is reached already, a post-only order that would take, or one that has to be filled at once. Empty if they cannot
 * be read.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/add-order read 2026-08-17
 */
export const statesOf = (
  txids: ReadonlyArray<string>
): Effect.Effect<{ readonly [txid: string]: State | undefined }, never, ExtraReads> =>
  txids.length === 0
    ? Effect.succeed({})
    : Effect.map(tryRead("private/QueryOrders", { txid: txids.join(",") }), (found) =>
        Object.fromEntries(
          Object.entries(Option.getOrElse(found, () => ({}))).map(([txid, row]) => [
            txid,
            { state: row.status, filled: String(row.vol_exec), ...reasonFields(row) }
          ])
        )
      )

/** Writes the warning that an order has ended already. Undefined if it is open or was filled completely. */
export const endedWarning = (which: string, order: State | undefined): string | undefined => {
  if (order === undefined || (order.state !== "canceled" && order.state !== "expired")) return undefined
  const reason = order.reason === undefined ? "" : ` (${quoteTexts([order.reason])})`
  return `${which} was accepted, and is ${order.state} already${reason}, with ${order.filled} filled. It is not open.`
}

/** Makes the fields of an answer for the state of an order. */
export const stateFields = (order: State | undefined) =>
  order === undefined ? {} : { state: order.state, ...(order.reason !== undefined && { reason: order.reason }) }

/** Joins warnings. Undefined if there are none. */
export const joined = (warnings: ReadonlyArray<string | undefined>): string | undefined =>
  warnings.filter((warning) => warning !== undefined).join(" ") || undefined
