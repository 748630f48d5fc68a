import { Context, Effect } from "effect"
import type { LedgerRow } from "../domain/portfolio/ledger.ts"
import type { Principal } from "./Principal.ts"

/** The newest entries of an account's ledger without a gap, by id, newest first. */
export interface KnownLedger {
  readonly rows: ReadonlyMap<string, LedgerRow>
  /** True if there are no older entries. */
  readonly isWhole: boolean
}

/**
 * Ledger entries that were read before, since entries never change and a page of them costs much of the rate budget. The
 * default remembers nothing.
 */
export class LedgerCache extends Context.Reference<LedgerCache>()("mcp-kraken/services/LedgerCache", {
  defaultValue: (): {
    readonly get: Effect.Effect<KnownLedger | undefined, never, Principal>
    readonly put: (known: KnownLedger) => Effect.Effect<void, never, Principal>
  } => ({ get: Effect.succeed(undefined), put: () => Effect.void })
}) {}
