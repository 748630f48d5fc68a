import { Effect } from "effect"
import { KrakenUnavailable } from "../../services/KrakenErrors.ts"
import { Names } from "../../services/Names.ts"

/** Finds a pair by any spelling. Fails if Kraken does not have it, or its lists cannot be read. */
export const pairOf = Effect.fnUntraced(function* (spelling: string) {
  const names = yield* Names
  const name = yield* names.pair(spelling)
  const pair = (yield* names.directory).findPair(name)
  if (pair !== undefined) return pair
  return yield* new KrakenUnavailable({ endpoint: "public/AssetPairs", reason: "the list of pairs could not be read" })
})
