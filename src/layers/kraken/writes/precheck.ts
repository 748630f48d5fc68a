import { type Cause, Effect, type ParseResult } from "effect"
import type { Endpoint } from "../../../domain/endpoints/endpoints.ts"
import { KrakenPrecheckFailed } from "../../../services/KrakenErrors.ts"
import type { ReadError } from "../../../services/KrakenClient.ts"
import type { RecordUnavailable } from "../../../services/Record.ts"
import { reasonOf } from "./reasonOf.ts"

/** Errors of a reading that a check needs. */
type CheckError = ReadError | ParseResult.ParseError | Cause.NoSuchElementException | RecordUnavailable

/**
 * Refuses a write if a check that has to come before it cannot be made. Errors of the key or the account would stop the
 * write as well, and are passed on unchanged.
 */
export const precheck =
  (endpoint: Endpoint, check: string) =>
  <A, R>(read: Effect.Effect<A, CheckError, R>): Effect.Effect<A, ReadError | KrakenPrecheckFailed, R> =>
    Effect.mapError(read, (error) => {
      switch (error._tag) {
        case "KrakenCredentialsMissing":
        case "KrakenAuthError":
        case "KrakenLockout":
        case "PaperAccountBroken":
          return error
        default:
          return new KrakenPrecheckFailed({ endpoint, check, reason: reasonOf(error) })
      }
    })
