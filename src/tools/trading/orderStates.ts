import { Effect, Option } from "effect"
import { hasTrigger } from "../../domain/orders/triggerRules.ts"
import { optionalText } from "../kit/answerFields.ts"
import { type ExtraReads, tryRead } from "../kit/extraReads.ts"

/** The state of an order just after it was placed or changed. */
export const State = { state: optionalText, reason: optionalText }

interface State {
  readonly state: string
  readonly reason?: string
}

/** Checks that Kraken's engine can cancel an order at once, although it has accepted it. */
export const canEndAtOnce = (order: {
  readonly ordertype?: string
  readonly oflags?: ReadonlyArray<string>
}): boolean => hasTrigger(order.ordertype) || order.oflags?.includes("post") === true

/**
 * Reads orders back once, by their ids. Kraken answers with a `txid` even if it cancels an order at once: one whose
 * trigger is reached already, or a post-only order that would take. Empty if they cannot be read.
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
          Object.entries(Option.getOrElse(found, () => ({}))).map(([txid, { reason, status }]) => [
            txid,
            { state: status, ...(reason !== undefined && reason !== "" && { reason }) }
          ])
        )
      )

/** Writes the warning that an order has ended already. Undefined if it is open or was filled. */
export const endedWarning = (which: string, order: State | undefined): string | undefined =>
  order !== undefined && (order.state === "canceled" || order.state === "expired")
    ? `${which} was accepted, and is ${order.state} already${order.reason === undefined ? "" : `: ${order.reason}`}. It is not open.`
    : undefined

/** Joins warnings. Undefined if there are none. */
export const joined = (warnings: ReadonlyArray<string | undefined>): string | undefined =>
  warnings.filter((warning) => warning !== undefined).join(" ") || undefined
