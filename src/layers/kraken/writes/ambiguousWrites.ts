import { Duration, Effect, Exit } from "effect"
import { monotonic } from "../../../services/Clocks.ts"

/** A write that was begun: what it will look like on the account, and until when it may turn up (monotonic, ms). */
export interface OpenWrite {
  readonly fingerprints: ReadonlyArray<string>
  until: number
}

/** How long a write of unknown outcome may be what is found for another one. */
const doubt = Duration.toMillis("10 minutes")

/**
 * Writes whose outcome is open, by what they look like on the account. Two that look the same can't be told apart once
 * one of them turns up: neither may then be called placed for it.
 */
export const makeAmbiguousWrites = () => {
  const open = new Set<OpenWrite>()

  const prune = Effect.map(monotonic, (now) => {
    for (const write of open) if (write.until <= now) open.delete(write)
    return now
  })

  const begin = (fingerprints: ReadonlyArray<string>) =>
    Effect.map(prune, () => {
      const write: OpenWrite = { fingerprints, until: Infinity }
      if (fingerprints.length > 0) open.add(write)
      return write
    })

  const end = (write: OpenWrite, isOpen: boolean) =>
    Effect.map(monotonic, (now) => {
      if (isOpen) write.until = now + doubt
      else open.delete(write)
    })

  return {
    /** Runs a write; `isOpen` tells whether its end leaves open what became of it. */
    during: <A, E, R>(
      fingerprints: ReadonlyArray<string>,
      isOpen: (exit: Exit.Exit<A, E>) => boolean,
      run: (write: OpenWrite) => Effect.Effect<A, E, R>
    ): Effect.Effect<A, E, R> =>
      Effect.acquireUseRelease(begin(fingerprints), run, (write, exit) => end(write, isOpen(exit))),
    /** Whether no other open write looks like this one, or like what was found for it. */
    isAlone: (write: OpenWrite, found: ReadonlyArray<string>) =>
      Effect.map(prune, () => {
        const fingerprints = new Set([...write.fingerprints, ...found])
        return ![...open].some(
          (other) => other !== write && other.fingerprints.some((fingerprint) => fingerprints.has(fingerprint))
        )
      })
  }
}
