import { Context, Effect } from "effect"

/** Secrets that turn up while the process runs, such as WebSocket tokens: what is told here is hidden in every log line. */
export class Secrets extends Context.Reference<Secrets>()("mcp-kraken/services/Secrets", {
  defaultValue: (): { readonly learn: (secret: string) => Effect.Effect<void> } => ({ learn: () => Effect.void })
}) {}
