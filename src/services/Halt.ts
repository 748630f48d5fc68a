import { Context, type Effect, type Option } from "effect"

/** A stop of all writes but cancels. */
export interface Stop {
  /** Unix milliseconds. */
  readonly since: number
  /** The id of the party that stopped. */
  readonly by: string
  readonly reason?: string
}

/**
 * The emergency stop of this installation. It stands in the record and in a file beside it, either of which stops. The
 * record looks at its row by itself; this service looks at the file, which works without the record.
 */
export class Halt extends Context.Tag("mcp-kraken/services/Halt")<
  Halt,
  {
    /**
     * Looks for the file, in microseconds, right before each request leaves. A file that cannot be looked at or understood
     * stops, too.
     */
    readonly current: Effect.Effect<Option.Option<Stop>>
  }
>() {}
