import { Effect } from "effect"
import type { Params } from "../../domain/endpoints/endpoints.ts"
import { KrakenFundingError, KrakenOrderError } from "../../services/KrakenErrors.ts"
import type { ExtraReads } from "./extraReads.ts"

/** A refusal that facts of the account can explain. */
export type Refusal = KrakenOrderError | KrakenFundingError

/** A call as the tool got it, and as it went to Kraken. */
export interface Call<Input> {
  readonly input: Input
  readonly params: Params
}

/** Facts that explain a refusal, in sentences without the last full stop. */
export type Hints = ReadonlyArray<string>

const isRefusal = (error: { readonly _tag: string }): error is Refusal =>
  error instanceof KrakenOrderError || error instanceof KrakenFundingError

/** Adds hints to a refusal by Kraken. A fault in finding them leaves the refusal as it is. */
export const withHints = <A, E extends { readonly _tag: string }, R>(
  call: Effect.Effect<A, E, R>,
  hintsFor: (refusal: Refusal) => Effect.Effect<Hints, never, ExtraReads>
): Effect.Effect<A, E | Refusal, R | ExtraReads> =>
  Effect.catchAll(call, (error): Effect.Effect<never, E | Refusal, ExtraReads> =>
    isRefusal(error) ? Effect.flatMap(explained(error, hintsFor), Effect.fail) : Effect.fail(error)
  )

const explained = (
  refusal: Refusal,
  hintsFor: (refusal: Refusal) => Effect.Effect<Hints, never, ExtraReads>
): Effect.Effect<Refusal, never, ExtraReads> =>
  hintsFor(refusal).pipe(
    Effect.map((hints) => {
      const facts = { endpoint: refusal.endpoint, codes: refusal.codes, ...(hints.length > 0 && { hints }) }
      return refusal._tag === "KrakenOrderError" ? new KrakenOrderError(facts) : new KrakenFundingError(facts)
    }),
    Effect.catchAllDefect((defect) => Effect.as(Effect.logError("A refusal was not explained", defect), refusal))
  )

/** Checks that Kraken's texts contain a reason. */
export const refusedFor = ({ codes }: Refusal, reason: RegExp): boolean => codes.some((code) => reason.test(code))
