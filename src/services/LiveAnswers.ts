import { Context, Effect } from "effect"
import type { Endpoint, Params } from "../domain/endpoints/endpoints.ts"
import type { Principal } from "./Principal.ts"

/** An answer of Kraken's REST API, or the same made of live data. */
export interface Answer {
  readonly result: unknown
  /** `websocket` if Kraken was not asked: live data holds the answer, or shows that an earlier one is still in force. */
  readonly source: "websocket" | "rest"
  /** Milliseconds since the answer, or the live data that it is made of, was received. */
  readonly age: number
}

/** Answers of Kraken's REST API that live data can give, which costs nothing of Kraken's rate limits. */
export class LiveAnswers extends Context.Reference<LiveAnswers>()("mcp-kraken/services/LiveAnswers", {
  defaultValue: (): {
    /**
     * Answers from live data if it is up to date and can give all that tools show of the answer by default. Asks by REST
     * otherwise, and after a write through this server until REST agrees with the live data again.
     */
    readonly read: <E, R>(
      endpoint: Endpoint,
      params: Params,
      byRest: Effect.Effect<unknown, E, R>
    ) => Effect.Effect<Answer, E, R | Principal>
  } => ({ read: (_, __, byRest) => Effect.map(byRest, answeredByRest) })
}) {}

/** Makes the answer of a request by REST that was just answered. */
export const answeredByRest = (result: unknown): Answer => ({ result, source: "rest", age: 0 })
