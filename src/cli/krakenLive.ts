import { Effect, Layer, Option } from "effect"
import { HttpClientKeepAlive } from "../layers/HttpClientKeepAlive.ts"
import { KrakenClientHttp } from "../layers/KrakenClientHttp.ts"
import { NonceSourceSqlite } from "../layers/NonceSourceSqlite.ts"
import { RateBudgetModel } from "../layers/RateBudgetModel.ts"
import { Config } from "../services/Config.ts"
import { TradingMode } from "../services/TradingMode.ts"

const Mode = Layer.effect(
  TradingMode,
  Effect.map(Config, ({ credentials }) => ({ mode: "live", hasKey: Option.isSome(credentials) }))
)

/** The account of the API key, at Kraken. */
export const KrakenLive = KrakenClientHttp.pipe(
  Layer.provide([HttpClientKeepAlive, NonceSourceSqlite]),
  Layer.provideMerge(Layer.merge(RateBudgetModel, Mode))
)
