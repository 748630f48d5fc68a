import { endpoints, isEndpoint, isWrite } from "../../../domain/endpoints/endpoints.ts"
import * as Instruments from "../instruments.ts"

/**
 * Makes the series of events that an alarm is for, with the count 0. Prometheus sees the first event as a change only if
 * the series was there before. `accounts` are the labels of the Kraken accounts.
 */
export const startCounts = (accounts: ReadonlyArray<string>): void => {
  Instruments.authFailures.zero("401")
  Instruments.authFailures.zero("429")
  Instruments.feedChecksumFailures.zero()
  for (const connection of ["public", "private"]) {
    Instruments.feedReconnects.zero(connection)
    Instruments.feedMessages.zero(connection, "unreadable")
  }
  for (const account of accounts) startCountsOf(account)
}

const startCountsOf = (account: string): void => {
  Instruments.nonceResyncs.zero("retry", account)
  Instruments.nonceResyncs.zero("jump", account)
  for (const limiter of ["rest", "engine", "public", "auth", "domain", "lockout"])
    Instruments.rateRefusals.zero(limiter, account)
  for (const endpoint of Object.keys(endpoints).filter(isEndpoint).filter(isWrite)) {
    Instruments.writes.zero(endpoint, "happened", "", account)
    Instruments.writes.zero(endpoint, "unknown", "KrakenOutcomeUnknown", account)
  }
}
