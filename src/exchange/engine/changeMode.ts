import { fillCrossed } from "./matching.ts"
import { isTrading } from "./mode.ts"
import type { Exchange, PairState } from "../state/state.ts"
import { processTriggered, startScheduled } from "./submit.ts"

/** Changes the status of the exchange or of a pair. If that resumes trading, orders that waited for it are processed. */
export const changeMode = (exchange: Exchange, change: () => void): void => {
  const halted = [...exchange.pairStates.values()].filter((state) => !isTrading(exchange, state))
  change()
  for (const state of halted) if (isTrading(exchange, state)) reopen(exchange, state)
}

/**
 * Processes the market's movement since trading halted: its current book fills resting orders, then its price triggers
 * stops.
 */
const reopen = (exchange: Exchange, state: PairState): void => {
  fillCrossed(exchange, state)
  processTriggered(exchange, state)
  const late = [...exchange.accounts.values()].flatMap(({ open }) =>
    [...open.values()].filter(
      ({ pair, start, status }) => pair === state.pair && status === "pending" && start <= exchange.now
    )
  )
  late.sort((one, other) => one.start - other.start || one.priority - other.priority)
  for (const order of late) if (order.status === "pending") startScheduled(exchange, order)
}
