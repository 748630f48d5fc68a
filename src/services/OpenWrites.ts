import { Context, type Effect } from "effect"

/** Writes that have been sent and whose outcome is not known yet, of all Kraken accounts. */
export class OpenWrites extends Context.Tag("mcp-kraken/services/OpenWrites")<
  OpenWrites,
  {
    /** Waits until there are none. */
    readonly settled: Effect.Effect<void>
  }
>() {}
