import { Effect, FiberMap } from "effect"
import type { Principal } from "../../../services/Principal.ts"

/** The pause before a stream that has ended is read again. */
const retryEvery = "30 seconds"

export type Followers = Effect.Effect.Success<typeof makeFollowers>

/** Makes followers of streams, each of which runs as long as every round asks for it. They end with the scope. */
export const makeFollowers = Effect.gen(function* () {
  const fibers = yield* FiberMap.make<string>()
  const wanted = new Set<string>()
  return {
    /** Asks for a follower in this round. A stream that ends is read again after a while. */
    follow: <E extends { readonly message: string }>(key: string, run: Effect.Effect<void, E, Principal>) => {
      wanted.add(key)
      const again = run.pipe(
        Effect.catchAll(({ message }) => Effect.logDebug(`Alerts can't be watched: ${message}`)),
        Effect.zipRight(Effect.sleep(retryEvery)),
        Effect.forever
      )
      return FiberMap.run(fibers, key, again, { onlyIfMissing: true })
    },
    /** Ends a round, and the followers that it did not ask for. */
    endRound: Effect.suspend(() => {
      const others = Array.from(fibers, ([key]) => key).filter((key) => !wanted.has(key))
      wanted.clear()
      return Effect.forEach(others, (key) => FiberMap.remove(fibers, key), { discard: true })
    })
  }
})
