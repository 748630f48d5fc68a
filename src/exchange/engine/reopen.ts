import { sweep } from "./matching.ts"
import { isTrading } from "./mode.ts"
import type { Exchange, Venue } from "../state/state.ts"
import { settle, start } from "./submit.ts"

/** Changes the status of the venue or of a pair. If that resumes trading, orders that waited for it are processed. */
export const changeMode = (exchange: Exchange, change: () => void): void => {
  const halted = [...exchange.venues.values()].filter((venue) => !isTrading(exchange, venue))
  change()
  for (const venue of halted) if (isTrading(exchange, venue)) reopen(exchange, venue)
}

/**
 * Processes the market's movement since trading halted: its current book fills resting orders, then its price triggers
 * stops.
 */
const reopen = (exchange: Exchange, venue: Venue): void => {
  sweep(exchange, venue)
  settle(exchange, venue)
  const late = [...exchange.accounts.values()].flatMap(({ open }) =>
    [...open.values()].filter(
      ({ pair, start, status }) => pair === venue.pair && status === "pending" && start <= exchange.now
    )
  )
  late.sort((one, other) => one.start - other.start || one.priority - other.priority)
  for (const order of late) if (order.status === "pending") start(exchange, order)
}
