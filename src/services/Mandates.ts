import { Context, type Effect } from "effect"
import type { Principal } from "./Principal.ts"
import type { Receipt, RecordUnavailable } from "./Record.ts"

/** The mandates of callers, as the record holds them. */
export class Mandates extends Context.Tag("mcp-kraken/services/Mandates")<
  Mandates,
  {
    /** Freezes the principal: from now on it can only read and cancel. An operator undoes it. */
    readonly freezeSelf: (reason: string) => Effect.Effect<Receipt, RecordUnavailable, Principal>
  }
>() {}
