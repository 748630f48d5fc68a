import type { Effect } from "effect"
import type { Followers } from "./followers.ts"
import type { IsDue } from "./isDue.ts"
import type { WaitingAlerts } from "./waitingAlerts.ts"

/** The parts that the looks at prices, balances and fills share. */
export interface WatchParts {
  readonly waiting: WaitingAlerts
  readonly follow: Followers["follow"]
  readonly isDue: IsDue
  readonly krakenTime: Effect.Effect<number>
  /** The pause between two requests while nothing is live, in milliseconds. */
  readonly pause: number
}
