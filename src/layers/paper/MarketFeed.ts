import { Context, type Effect, type Option } from "effect"
import type { Endpoint, Params } from "../../domain/endpoints/endpoints.ts"
import type { ListedCatalogue } from "../../exchange/commands/catalogueImport/listedCatalogue.ts"
import type { Market } from "../../exchange/state/Market.ts"
import type { Pair } from "../../exchange/catalogue/pairs.ts"
import type { ReadError } from "../../services/KrakenClient.ts"

/** What a look at a market has shown, as plain JSON: the parameters of `control/Observe`, for the journal. */
export type Observation = { readonly [name: string]: unknown }

/**
 * Where simulated accounts trade. A journal of commands is only worth something if the market of that moment can be had
 * again: a market that can't be computed is looked at, and what was seen is kept among the commands.
 */
export class MarketFeed extends Context.Tag("mcp-kraken/layers/paper/MarketFeed")<
  MarketFeed,
  {
    readonly kind: "synthetic" | "live"
    /** Said to users wherever it matters: at start and in every answer. */
    readonly name: string
    /** A market for one exchange, which knows what that exchange has observed. */
    readonly open: () => Market
    /**
     * What can be traded, not older than `age` in milliseconds where that can be had; none: exchanges know all that there
     * is.
     */
    readonly lists: (age: number) => Effect.Effect<Option.Option<ListedCatalogue>, ReadError>
    /** What there is to observe of these pairs before a command is carried out; nothing where nothing is newer. */
    readonly look: (pairs: ReadonlyArray<Pair>) => Effect.Effect<ReadonlyArray<Observation>, ReadError>
    /** Public data that the feed answers itself; none: the exchange does. */
    readonly read: (endpoint: Endpoint, params: Params) => Effect.Effect<Option.Option<unknown>, ReadError>
  }
>() {}
