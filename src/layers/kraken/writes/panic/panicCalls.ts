import { Data, Effect } from "effect"
import type { Params, ReadEndpoint, WriteEndpoint } from "../../../../domain/endpoints/endpoints.ts"
import type { KrakenClient, ReadError, WriteError } from "../../../../services/KrakenClient.ts"
import { Principal } from "../../../../services/Principal.ts"

/** The way in which a failed call of a panic can be made again. */
type Remedy =
  /** After a pause. */
  | { readonly _tag: "Later"; readonly seconds?: number }
  /** At once: the nonces count in nanoseconds from now on. */
  | { readonly _tag: "Nonce" }
  /** Kraken knows no such open order. */
  | { readonly _tag: "Gone" }
  | { readonly _tag: "None" }

/** A call of a panic that failed. */
export class PanicCallFailed extends Data.TaggedError("PanicCallFailed")<{
  readonly message: string
  readonly remedy: Remedy
}> {}

/** The calls that a panic makes on one account. Each ends within seconds. */
export interface PanicCalls {
  readonly read: (endpoint: ReadEndpoint, params: Params) => Effect.Effect<unknown, PanicCallFailed>
  /** Makes a call that leaves although all is stopped. */
  readonly write: (endpoint: WriteEndpoint, params: Params) => Effect.Effect<unknown, PanicCallFailed>
}

/** The longest time that one call of a panic takes. */
export const callTimeout = "6 seconds"

/** Makes the calls through the client of an account. Cancels pass all other calls in its lane. */
export const krakenCalls = (kraken: typeof KrakenClient.Service, principal: typeof Principal.Service): PanicCalls => {
  const bounded = <A>(endpoint: string, call: Effect.Effect<A, ReadError | WriteError, Principal>) =>
    call.pipe(
      Effect.provideService(Principal, principal),
      Effect.mapError((error) => new PanicCallFailed({ message: error.message, remedy: remedyOf(error) })),
      Effect.timeoutFail({
        duration: callTimeout,
        onTimeout: () =>
          new PanicCallFailed({
            message: `${endpoint} got no answer within ${callTimeout}.`,
            remedy: { _tag: "Later" }
          })
      })
    )
  return {
    read: (endpoint, params) => bounded(endpoint, kraken.read(endpoint, params, { priority: "settlement" })),
    write: (endpoint, params) =>
      bounded(endpoint, kraken.write(endpoint, params, { priority: "cancel", isOfStop: true }))
  }
}

const remedyOf = (error: ReadError | WriteError): Remedy => {
  switch (error._tag) {
    // While all is stopped, a cancel that is made twice does no harm.
    case "KrakenOutcomeUnknown":
    case "KrakenUnavailable":
    case "KrakenMarketModeError":
      return { _tag: "Later" }
    case "KrakenRateLimitError":
      return { _tag: "Later", seconds: error.retryAfterSeconds }
    case "KrakenAuthError":
      return { _tag: error.reason === "nonce" ? "Nonce" : "None" }
    case "KrakenOrderError":
      return { _tag: error.codes.some((code) => /unknown order/i.test(code)) ? "Gone" : "None" }
    case "Frozen":
    case "KrakenArgumentsError":
    case "KrakenCredentialsMissing":
    case "KrakenFundingError":
    case "KrakenLockout":
    case "KrakenNotPlaced":
    case "KrakenPermissionError":
    case "KrakenRejection":
    case "PaperAccountBroken":
      return { _tag: "None" }
  }
}
