import { Context, type Effect } from "effect"
import type { KrakenAccountName } from "./KrakenAccount.ts"

/** A part that calls need: the databases of this server, its API key, and Kraken. */
export type Part = "database" | "key" | "kraken"

/** The fault of a part that calls need. */
export interface Fault {
  readonly part: Part
  /** A sentence for the operator. */
  readonly reason: string
}

/** Tells load balancers and operators if calls can be served now. */
export class Readiness extends Context.Tag("mcp-kraken/services/Readiness")<
  Readiness,
  {
    /**
     * The parts that cannot be used. Kraken and the key are asked rarely, however often this is. The key is a fault of a
     * server with several accounts only if none of their keys can be used.
     */
    readonly faults: Effect.Effect<ReadonlyArray<Fault>>
    /** The parts that callers of one Kraken account cannot use. */
    readonly faultsOf: (account: KrakenAccountName) => Effect.Effect<ReadonlyArray<Fault>>
  }
>() {}
