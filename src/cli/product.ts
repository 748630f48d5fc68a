import { Layer } from "effect"
import { HttpClientKeepAlive } from "../layers/HttpClientKeepAlive.ts"
import { KrakenClientHttp } from "../layers/KrakenClientHttp.ts"
import { KrakenWriterSettling } from "../layers/KrakenWriterSettling.ts"
import { McpServerSdk } from "../layers/McpServer.ts"
import { NamesKraken } from "../layers/NamesKraken.ts"
import { NonceSourceSqlite } from "../layers/NonceSourceSqlite.ts"
import { PermissionCacheKraken } from "../layers/PermissionCacheKraken.ts"
import { RateBudgetModel } from "../layers/RateBudgetModel.ts"
import { SealKeySqlite } from "../layers/SealKeySqlite.ts"

/** Everything that tools need, on the real Kraken. */
const Kraken = KrakenWriterSettling.pipe(
  Layer.provideMerge(Layer.merge(NamesKraken, PermissionCacheKraken)),
  Layer.provideMerge(KrakenClientHttp),
  Layer.provide([HttpClientKeepAlive, NonceSourceSqlite]),
  Layer.provideMerge(RateBudgetModel)
)

/** The tools and what they stand on, behind the server. */
export const Product = McpServerSdk.pipe(Layer.provideMerge(Kraken), Layer.provide(SealKeySqlite))
