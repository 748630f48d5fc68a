import { Duration, Effect, Exit } from "effect"
import { monotonic } from "../../../services/Clocks.ts"

/** A write that was begun: what it will look like on the account, and until when it may turn up (monotonic, ms). */
export interface Twin {
  readonly looks: ReadonlyArray<string>
  until: number
}

/** How long a write of unknown outcome may be what is found for another one. */
const doubt = Duration.toMillis("10 minutes")

/**
 * Writes whose outcome is open, by what they look like on the account. Two that look the same can't be told apart once
 * one of them turns up: neither may then be called placed for it.
 */
export const makeTwins = () => {
  const open = new Set<Twin>()

  const prune = Effect.map(monotonic, (now) => {
    for (const twin of open) if (twin.until <= now) open.delete(twin)
    return now
  })

  const begin = (looks: ReadonlyArray<string>) =>
    Effect.map(prune, () => {
      const twin: Twin = { looks, until: Infinity }
      if (looks.length > 0) open.add(twin)
      return twin
    })

  const end = (twin: Twin, isOpen: boolean) =>
    Effect.map(monotonic, (now) => {
      if (isOpen) twin.until = now + doubt
      else open.delete(twin)
    })

  return {
    /** Runs a write; `isOpen` tells whether its end leaves open what became of it. */
    during: <A, E, R>(
      looks: ReadonlyArray<string>,
      isOpen: (exit: Exit.Exit<A, E>) => boolean,
      run: (twin: Twin) => Effect.Effect<A, E, R>
    ): Effect.Effect<A, E, R> => Effect.acquireUseRelease(begin(looks), run, (twin, exit) => end(twin, isOpen(exit))),
    /** Whether no other open write looks like this one, or like what was found for it. */
    isAlone: (twin: Twin, found: ReadonlyArray<string>) =>
      Effect.map(prune, () => {
        const looks = new Set([...twin.looks, ...found])
        return ![...open].some((other) => other !== twin && other.looks.some((look) => looks.has(look)))
      })
  }
}
