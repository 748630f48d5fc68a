import { Context, type Effect, Schema } from "effect"
import type { Directory } from "../domain/assets/model.ts"
import type { Principal } from "./Principal.ts"

/** A pair or asset that Kraken does not have. Nothing was sent. */
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
 * `pair` and `asset` convert any spelling to the one that requests use: a pair's altname, an asset's altname with its
 * balance suffix. For an unknown name the lists are read again if they are older than a minute; then it fails with the
 * three nearest names. If the lists are unavailable, names are returned unchanged.
 */
export class Names extends Context.Tag("mcp-kraken/services/Names")<
  Names,
  {
    readonly pair: (spelling: string) => Effect.Effect<string, UnknownName, Principal>
    readonly asset: (spelling: string) => Effect.Effect<string, UnknownName, Principal>
    /** The cached lists, read on first use. Empty if Kraken is unavailable. */
    readonly directory: Effect.Effect<Directory, never, Principal>
    /** Marks the lists as outdated, after Kraken has refused a name in them. They are read again on next use. */
    readonly stale: Effect.Effect<void>
  }
>() {}
