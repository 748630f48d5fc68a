import { Effect } from "effect"
import { KrakenClient } from "../../../services/KrakenClient.ts"

/**
 * Makes a client that counts the beginnings and the ends of its writes. While the count stays the same, no write has
 * ended, and none has begun.
 */
export const makeWatchedClient = (kraken: typeof KrakenClient.Service) => {
  let count = 0
  const increase = Effect.sync(() => {
    count++
  })
  const client = KrakenClient.of({
    ...kraken,
    write: (...call) =>
      Effect.acquireUseRelease(
        increase,
        () => kraken.write(...call),
        () => increase
      )
  })
  return { client, writes: () => count }
}
