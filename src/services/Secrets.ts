import { Context, Effect } from "effect"

/** Secrets that are received at run time, such as WebSocket tokens. The log masks every secret that was added. */
export class Secrets extends Context.Reference<Secrets>()("mcp-kraken/services/Secrets", {
  defaultValue: (): { readonly add: (secret: string) => Effect.Effect<void> } => ({ add: () => Effect.void })
}) {}
