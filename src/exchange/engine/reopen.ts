import { sweep } from "./matching.ts"
import { isTrading } from "./mode.ts"
import type { Exchange, Venue } from "../state/state.ts"
import { settle, start } from "./submit.ts"

/** Changes the status of the venue or of a pair. If that resumes trading, orders that waited for it are processed. */
export const changeMode = (x: Exchange, change: () => void): void => {
  const halted = [...x.venues.values()].filter((venue) => !isTrading(x, venue))
  change()
  for (const venue of halted) if (isTrading(x, venue)) reopen(x, venue)
}

/**
 * Processes the market's movement since trading halted: its current book fills resting orders, then its price triggers
 * stops.
 */
const reopen = (x: Exchange, venue: Venue): void => {
  sweep(x, venue)
  settle(x, venue)
  const late = [...x.accounts.values()].flatMap(({ open }) =>
    [...open.values()].filter(
      ({ pair, start, status }) => pair === venue.pair && status === "pending" && start <= x.now
    )
  )
  late.sort((one, other) => one.start - other.start || one.priority - other.priority)
  for (const order of late) if (order.status === "pending") start(x, order)
}
