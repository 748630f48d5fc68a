import { Context, type Effect, type Option } from "effect"
import type { Endpoint, Params } from "../../domain/endpoints/endpoints.ts"
import type { ListedCatalogue } from "../../exchange/commands/catalogueImport/listedCatalogue.ts"
import type { Market } from "../../exchange/state/market.ts"
import type { Pair } from "../../exchange/catalogue/pairs.ts"
import type { ReadError } from "../../services/KrakenClient.ts"

/** A snapshot of one pair's market as plain JSON: the parameters of `control/Observe`, as the journal keeps them. */
export type Observation = { readonly [name: string]: unknown }

/**
 * The market on which simulated accounts trade. Replaying a journal of commands needs the market of each moment again. A
 * market that cannot be computed from the time is therefore observed, and the observations are kept among the commands.
 */
export class MarketFeed extends Context.Tag("mcp-kraken/layers/paper/MarketFeed")<
  MarketFeed,
  {
    readonly kind: "synthetic" | "live"
    /** Shown to users at start and in every answer. */
    readonly name: string
    /** Opens a market for one exchange. A live one knows only what that exchange has observed. */
    readonly open: () => Market
    /**
     * Lists of assets and pairs, not older than `age` in milliseconds if newer ones are available. None if the exchange's
     * built-in catalogue is complete.
     */
    readonly lists: (age: number) => Effect.Effect<Option.Option<ListedCatalogue>, ReadError>
    /** Observes the market of these pairs. Empty if the market is computed. Fails if Kraken does not answer. */
    readonly observe: (pairs: ReadonlyArray<Pair>) => Effect.Effect<ReadonlyArray<Observation>, ReadError>
    /** Reads public data that the feed answers itself. None if the exchange answers it. */
    readonly read: (endpoint: Endpoint, params: Params) => Effect.Effect<Option.Option<unknown>, ReadError>
  }
>() {}
