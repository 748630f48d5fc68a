import { Effect, Layer } from "effect"
import { type KnownLedger, LedgerCache } from "../../services/LedgerCache.ts"
import { Principal } from "../../services/Principal.ts"
import { makeBoundedMap } from "./boundedMap.ts"

/** The most accounts whose entries are kept. */
const accounts = 20

/** The most entries that are kept of an account: some tens of megabytes. A longer ledger is read again. */
const longest = 50_000

/** Ledger entries in the memory of this process, for each account. */
export const LedgerCacheMemory = Layer.sync(LedgerCache, () => {
  const ledgers = makeBoundedMap<string, KnownLedger>(accounts)
  const key = Effect.map(Principal, ({ account, mode }) => `${mode} ${account}`)
  return {
    get: Effect.map(key, ledgers.get),
    put: (known) =>
      Effect.map(key, (key) => (known.rows.size > longest ? ledgers.delete(key) : ledgers.set(key, known)))
  }
})
