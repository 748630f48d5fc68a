import { Effect } from "effect"
import { monotonic } from "../../../services/Clocks.ts"

export type IsDue = ReturnType<typeof makeIsDue>

/** Makes the check that a pause, in milliseconds, has passed since something was last due. */
export const makeIsDue = () => {
  /** The monotonic times at which things were last due. */
  const lastTimes = new Map<string, number>()
  return (what: string, pause: number) =>
    Effect.map(monotonic, (now) => {
      const last = lastTimes.get(what)
      if (last !== undefined && now - last < pause) return false
      lastTimes.set(what, now)
      return true
    })
}
