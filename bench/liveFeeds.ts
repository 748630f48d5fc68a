import { DateTime, Effect, Layer } from "effect"
import { emptyDirectory } from "../src/domain/assets/directory.ts"
import { AccountDataWebSocket } from "../src/layers/kraken/feed/AccountDataKraken.ts"
import { MarketDataWebSocket } from "../src/layers/kraken/feed/MarketDataKraken.ts"
import { KrakenClient } from "../src/services/KrakenClient.ts"
import { Names } from "../src/services/Names.ts"
import { Principal } from "../src/services/Principal.ts"
import { operator } from "../src/layers/access/principals.ts"

const answers: { readonly [endpoint: string]: unknown } = {
  "private/GetWebSocketsToken": { token: "token", expires: 900 },
  "private/OpenOrders": { open: {} },
  "private/TradesHistory": { trades: {}, count: 0 }
}

/** Live market and account data of a server, with a Kraken that answers requests by REST with nothing. */
export const feedsOf = (url: string) => {
  const kraken = Layer.succeed(KrakenClient, {
    read: (endpoint) => Effect.sync(() => answers[endpoint]),
    write: () => Effect.dieMessage("nothing writes"),
    download: () => Effect.dieMessage("nothing downloads"),
    now: DateTime.now,
    clock: Effect.succeed({ epoch: 0, within: 0 })
  })
  const names = Layer.succeed(Names, {
    pair: Effect.succeed,
    asset: Effect.succeed,
    directory: Effect.succeed(emptyDirectory),
    stale: Effect.void
  })
  return Layer.merge(MarketDataWebSocket(url), AccountDataWebSocket(url)).pipe(
    Layer.provide(Layer.merge(kraken, names)),
    Layer.merge(Layer.succeed(Principal, operator("live")))
  )
}
