import { Context, type Effect } from "effect"

/** The metrics of this process, for operators. They hold ids of tokens, and no names or arguments. */
export class Metrics extends Context.Tag("mcp-kraken/services/Metrics")<
  Metrics,
  {
    /** Reads the values that are not counted as they happen, such as the use of budgets. */
    readonly collect: Effect.Effect<void>
    /** Collects, and gives all series in the text format of Prometheus. */
    readonly text: Effect.Effect<string>
  }
>() {}
