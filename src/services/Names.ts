import { Context, type Effect, Schema } from "effect"
import type { Directory } from "../domain/assets/model.ts"
import type { Principal } from "./Principal.ts"

/** Kraken has no such pair or asset; nothing was sent. */
export class UnknownName extends Schema.TaggedError<UnknownName>()("UnknownName", {
  kind: Schema.Literal("pair", "asset"),
  given: Schema.String,
  /** Display names, best first. */
  nearest: Schema.Array(Schema.String)
}) {
  override get message() {
    const hint = this.nearest.length > 0 ? ` The nearest names are ${this.nearest.join(", ")}.` : ""
    return `Kraken has no ${this.kind} "${this.given}".${hint}`
  }
}

/**
 * Names of assets and pairs, cached from Kraken's public lists for an hour.
 *
 * `pair` and `asset` turn any spelling into the one that requests use (a pair's altname, an asset's altname with its
 * balance suffix). An unknown name fails, with the three nearest, after one fresh look if the lists are older than a
 * minute. Where the lists can't be had, names pass through as given.
 */
export class Names extends Context.Tag("mcp-kraken/services/Names")<
  Names,
  {
    readonly pair: (spelling: string) => Effect.Effect<string, UnknownName, Principal>
    readonly asset: (spelling: string) => Effect.Effect<string, UnknownName, Principal>
    /** What is known now; filled on first need, empty where Kraken can't be asked. */
    readonly directory: Effect.Effect<Directory, never, Principal>
    /** Kraken has refused a name that the lists hold: ask for the lists again on next need. */
    readonly stale: Effect.Effect<void>
  }
>() {}
