import { Effect, Schema } from "effect"
import { type Params, endpoints, type ReadEndpoint, type Result } from "../../domain/endpoints/endpoints.ts"
import { KrakenClient, type ReadError } from "../../services/KrakenClient.ts"
import type { KrakenUnreadable } from "../../services/KrakenErrors.ts"
import type { Principal } from "../../services/Principal.ts"
import { unreadable } from "../kit/defects.ts"

/** Reads an endpoint and decodes its result. */
export const readAs = <E extends ReadEndpoint>(
  endpoint: E,
  params: Params = {}
): Effect.Effect<Result<E>, ReadError | KrakenUnreadable, KrakenClient | Principal> =>
  Effect.flatMap(KrakenClient, (kraken) =>
    Effect.flatMap(kraken.read(endpoint, params), (answer) =>
      Effect.catchTag(Schema.decodeUnknown(endpoints[endpoint].result)(answer), "ParseError", () =>
        unreadable(endpoint, false, answer, "it has another shape")
      )
    )
  )
