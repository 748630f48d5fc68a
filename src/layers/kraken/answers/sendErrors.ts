import { Data } from "effect"
import type { Meaning } from "../../../domain/wire/errors.ts"

/** No usable answer: what became of the call is not known from it. */
export class NoAnswer extends Data.TaggedError("NoVerdict")<{
  /** In words that hold no secret. */
  readonly reason: string
  /** Asking again soon can help. */
  readonly retry: boolean
  /** Whether the request may have left this machine. */
  readonly sent: boolean
  readonly cause?: unknown
}> {}

/** Kraken understood and said no. */
export class ApiRefusal extends Data.TaggedError("Refused")<{
  readonly codes: ReadonlyArray<string>
  readonly meaning: Exclude<Meaning, { readonly _tag: "NoVerdict" }>
  /** Seconds, from the `Retry-After` header. */
  readonly retryAfter?: number
}> {}

export const isInvalidNonce = (error: unknown): boolean =>
  error instanceof ApiRefusal && error.meaning._tag === "InvalidNonce"

/** Makes the error of Kraken's texts, by their meaning. */
export const sendErrorOf = (codes: ReadonlyArray<string>, meaning: Meaning): NoAnswer | ApiRefusal =>
  meaning._tag === "NoVerdict"
    ? new NoAnswer({ reason: codes.join("; "), retry: meaning.retry, sent: true })
    : new ApiRefusal({ codes, meaning })
