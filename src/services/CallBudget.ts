import { Context, type Effect } from "effect"
import type { CallWindow } from "../domain/mandates/callWindows.ts"
import type { LimitReached } from "./LimitErrors.ts"
import type { Principal } from "./Principal.ts"
import type { RecordUnavailable } from "./Record.ts"

/** The use of one limit of calls. */
export interface CallUsage {
  readonly window: CallWindow
  readonly allowed: number
  readonly used: number
  readonly left: number
  /** The time at which the oldest counted call leaves the window, in Unix milliseconds. Absent if none was counted. */
  readonly availableAt?: number
}

/**
 * Limits the calls of callers whose mandate says how many they can make, so that none uses up the rate budget of all. All
 * processes of this installation count together, with a delay of a few seconds.
 */
export class CallBudget extends Context.Tag("mcp-kraken/services/CallBudget")<
  CallBudget,
  {
    /** Counts a call, unless it is refused. A call that is exempt counts, and is never refused. */
    readonly count: (call: {
      readonly name: string
      readonly exempt: boolean
    }) => Effect.Effect<void, LimitReached | RecordUnavailable, Principal>
    /** Reads what the principal has used of its limits of calls. */
    readonly usage: Effect.Effect<ReadonlyArray<CallUsage>, RecordUnavailable, Principal>
  }
>() {}
