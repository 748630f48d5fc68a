import { Context, type Effect } from "effect"
import type { Principal } from "./Principal.ts"

/** The result of a search for a caller by its id. */
export type FoundCaller =
  | { readonly _tag: "Valid"; readonly principal: typeof Principal.Service }
  /** Its token was revoked or has expired. */
  | { readonly _tag: "Invalid" }
  /** This server does not know it, or cannot tell. Another one might. */
  | { readonly _tag: "Unknown" }

/** The callers for whom this server acts after they have left, such as when a person approves what one had asked for. */
export class Callers extends Context.Tag("mcp-kraken/services/Callers")<
  Callers,
  {
    /** Checks that this server serves callers of this kind: `local`, or tokens. */
    readonly serves: (id: string) => boolean
    /** Makes the principal of a caller, with the rights that it has now. */
    readonly find: (id: string) => Effect.Effect<FoundCaller>
  }
>() {}
