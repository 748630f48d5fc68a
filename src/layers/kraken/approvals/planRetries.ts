import { Clock, Duration, Effect } from "effect"
import { monotonic } from "../../../services/Clocks.ts"
import type { Plan } from "../../../services/Approvals.ts"

/** The pause before a plan is tried again whose write could not be recorded, in milliseconds. It doubles each time. */
const firstPause = Duration.toMillis("1 second")
const longestPause = Duration.toMillis("30 seconds")

interface Waiting {
  readonly expires: number
  readonly reason: string
  /** Milliseconds. */
  readonly pause: number
  /** The monotonic time of the next try. */
  readonly next: number
}

/** A plan whose time passed before its write could be recorded. */
export interface Overdue {
  readonly id: number
  readonly reason: string
}

/** Makes the memory of the plans whose writes could not be recorded. They are tried again later, ever more seldom. */
export const makePlanRetries = () => {
  const waiting = new Map<number, Waiting>()
  return {
    /** Notes that the write of a plan could not be recorded. */
    failed: ({ expires, id }: Pick<Plan, "expires" | "id">, reason: string) =>
      Effect.map(monotonic, (now) => {
        const last = waiting.get(id)?.pause
        const pause = last === undefined ? firstPause : Math.min(2 * last, longestPause)
        waiting.set(id, { expires, reason, pause, next: now + pause })
      }),
    forget: (id: number) => waiting.delete(id),
    /** The plans that are not tried yet. */
    resting: Effect.map(monotonic, (now): ReadonlySet<number> => {
      const resting = [...waiting].filter(([, { next }]) => next > now)
      return new Set(resting.map(([id]) => id))
    }),
    /** The plans whose time has passed, and the reasons for which they could not be recorded, if it is their turn. */
    overdue: Effect.zipWith(Clock.currentTimeMillis, monotonic, (wall, now): ReadonlyArray<Overdue> =>
      [...waiting].flatMap(([id, { expires, next, reason }]) =>
        expires <= wall && next <= now ? [{ id, reason }] : []
      )
    )
  }
}
