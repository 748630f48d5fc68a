import { DateTime } from "effect"
import type { Limiter } from "../../../domain/wire/errors.ts"
import {
  KrakenArgumentsError,
  KrakenAuthError,
  KrakenFundingError,
  type KrakenLockout,
  KrakenMarketModeError,
  KrakenOrderError,
  KrakenPermissionError,
  KrakenRateLimitError,
  type KrakenRefusal,
  KrakenRejection
} from "../../../services/KrakenErrors.ts"
import type { ApiRefusal } from "./sendErrors.ts"

/**
 * Makes the typed error of a refusal, at `now` on Kraken's clock, which is `lag` milliseconds ahead of ours. The rate
 * budget makes that of a lockout.
 */
export const toKrakenError = (
  endpoint: string,
  { codes, meaning, retryAfter }: ApiRefusal,
  now: DateTime.Utc,
  lag = 0
): Exclude<KrakenRefusal, KrakenLockout> => {
  switch (meaning._tag) {
    case "InvalidNonce":
      return new KrakenAuthError({ endpoint, codes, reason: "nonce", ...(lag > 0 && { clockLag: lag }) })
    case "Auth":
      return new KrakenAuthError({ endpoint, codes, reason: meaning.reason })
    case "Permission":
      return new KrakenPermissionError({ endpoint, needed: [], refusedBy: "Kraken", hints: [] })
    case "RateLimit": {
      const { limiter, until } = meaning
      const seconds = until === undefined ? retryAfter : Math.ceil(until - DateTime.toEpochMillis(now) / 1000)
      const retryAfterSeconds = Math.max(1, seconds ?? usualWait[limiter])
      return new KrakenRateLimitError({ endpoint, limiter, retryAfterSeconds, refusedBy: "Kraken" })
    }
    case "MarketMode":
      return new KrakenMarketModeError({ endpoint, codes, mode: meaning.mode })
    case "Order":
      return new KrakenOrderError({ endpoint, codes })
    case "Funding":
      return new KrakenFundingError({ endpoint, codes })
    case "Arguments":
      return new KrakenArgumentsError({ endpoint, codes })
    case "Lockout":
    case "Rejection":
    case "Other":
      return new KrakenRejection({ endpoint, codes })
  }
}

/**
 * The seconds to wait if Kraken does not say how long. Its counters fall by 0.33 to 3.75 a second, and calls cost 1 to 8.
 *
 * @see https://docs.kraken.com/api/docs/guides/spot-ratelimits read 2026-08-17
 */
const usualWait: Record<Limiter, number> = { rest: 10, engine: 10, domain: 10, public: 5, concurrency: 2, auth: 60 }
