import { sweep } from "./matching.ts"
import { isTrading } from "./mode.ts"
import type { Exchange, Venue } from "../state/state.ts"
import { settle, start } from "./submit.ts"

/** Change what the venue or a pair allows; where trading begins again, what has waited for it happens. */
export const changeMode = (x: Exchange, change: () => void): void => {
  const halted = [...x.venues.values()].filter((venue) => !isTrading(x, venue))
  change()
  for (const venue of halted) if (isTrading(x, venue)) reopen(x, venue)
}

/** The market has moved on meanwhile: its book of now comes to resting orders, then its price to stops. */
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
