import { Duration, Effect, Layer, LogLevel } from "effect"
import { HttpClientThroughProxy } from "../layers/kraken/client/HttpClientThroughProxy.ts"
import { KrakenClientHttp } from "../layers/kraken/client/KrakenClientHttp.ts"
import { NonceSourceOfEmergency } from "../layers/kraken/nonces/NonceSourceOfState.ts"
import { RateBudgetOfEmergency } from "../layers/kraken/rates/RateBudgetOff.ts"
import { Logging } from "../layers/telemetry/logging.ts"
import { Config } from "../services/Config.ts"

/** The timeout of a request in an emergency. A repeat helps more than a longer wait. */
const httpTimeout = Duration.seconds(5)

/** The settings of an emergency command, which reads few of them: no other one can be wrong. */
const Settings = Layer.effect(
  Config,
  Effect.map(Config, (config) => ({
    ...config,
    httpTimeout,
    tier: "off" as const,
    logLevel: LogLevel.Warning,
    logFormat: "logfmt" as const
  }))
)

/**
 * The account of the API key for an emergency: in the lane of the key, with short timeouts, and without rate limits of our
 * own, so that nothing but Kraken holds a cancel back.
 */
export const PanicClient = KrakenClientHttp.pipe(
  Layer.provide([HttpClientThroughProxy, NonceSourceOfEmergency, RateBudgetOfEmergency]),
  Layer.merge(Logging()),
  Layer.provide(Settings)
)
