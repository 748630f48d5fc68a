import { Duration, Effect, Exit } from "effect"
import { monotonic } from "../../../services/Clocks.ts"

/** A write that might still appear on the account. */
export interface OpenWrite {
  /** The terms by which the write can be found on the account. */
  readonly fingerprints: ReadonlyArray<string>
  /** The time until which it might appear, in monotonic milliseconds. */
  until: number
}

/** Time for which a write of unknown outcome might be the one that is found for another write, in milliseconds. */
const openWindow = Duration.toMillis("10 minutes")

/**
 * Makes the set of open writes, by their fingerprints. If two writes share a fingerprint and one of them appears on the
 * account, nothing shows which one it is: neither is then reported as placed.
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
      if (isOpen) write.until = now + openWindow
      else open.delete(write)
    })

  return {
    /** Runs a write that counts as open meanwhile. `isOpen` decides whether it still does afterwards. */
    during: <A, E, R>(
      fingerprints: ReadonlyArray<string>,
      isOpen: (exit: Exit.Exit<A, E>) => boolean,
      run: (write: OpenWrite) => Effect.Effect<A, E, R>
    ): Effect.Effect<A, E, R> =>
      Effect.acquireUseRelease(begin(fingerprints), run, (write, exit) => end(write, isOpen(exit))),
    /** Tells whether no other open write shares a fingerprint with this write or with the match found for it. */
    isUnambiguous: (write: OpenWrite, matchFingerprints: ReadonlyArray<string>) =>
      Effect.map(prune, () => {
        const fingerprints = new Set([...write.fingerprints, ...matchFingerprints])
        return ![...open].some(
          (other) => other !== write && other.fingerprints.some((fingerprint) => fingerprints.has(fingerprint))
        )
      })
  }
}
