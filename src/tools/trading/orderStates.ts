import { Effect, Option } from "effect"
import { hasTrigger } from "../../domain/orders/triggerRules.ts"
import { quoteTexts } from "../../domain/wire/escapeText.ts"
import { optionalText } from "../kit/answerFields.ts"
import { type ExtraReads, tryRead } from "../kit/extraReads.ts"

/** The state of an order just after it was placed or changed. */
export const State = { state: optionalText, reason: optionalText }

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
          Object.entries(Option.getOrElse(found, () => ({}))).map(([txid, { reason, status, vol_exec }]) => [
            txid,
            { state: status, filled: String(vol_exec), ...(reason !== undefined && reason !== "" && { reason }) }
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
