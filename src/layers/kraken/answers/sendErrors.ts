import { Cause, Data, Exit, Option } from "effect"
import type { Meaning } from "../../../domain/wire/errors.ts"
import { quoteTexts } from "../../../domain/wire/escapeText.ts"

/** No usable response: the outcome of the call is not known from it. */
export class NoAnswer extends Data.TaggedError("NoAnswer")<{
  /** In words that hold no secret. */
  readonly reason: string
  /** A repeat soon can help. */
  readonly retry: boolean
  /** The request might have left this machine. */
  readonly sent: boolean
  /** The HTTP status, if a response came. */
  readonly status?: number
  readonly cause?: unknown
}> {}

/** A refusal by Kraken, which understood the call. */
export class ApiRefusal extends Data.TaggedError("ApiRefusal")<{
  readonly codes: ReadonlyArray<string>
  readonly meaning: Exclude<Meaning, { readonly _tag: "NoAnswer" }>
  /** Seconds, from the `Retry-After` header. */
  readonly retryAfter?: number
}> {}

/** A failed request, with the milliseconds of the timeout that are left for another one. */
export class SendFailed extends Data.TaggedError("SendFailed")<{
  readonly error: NoAnswer | ApiRefusal
  readonly left: number
}> {}

/** Names the error in which a request ended, for metrics. Empty if it did not fail. */
export const errorTypeOf = (exit: Exit.Exit<unknown, SendFailed>): string => {
  if (Exit.isSuccess(exit)) return ""
  const failed = Option.getOrUndefined(Cause.failureOption(exit.cause))
  if (failed === undefined) return "cancelled"
  return failed.error._tag === "ApiRefusal" ? failed.error.meaning._tag : failed.error._tag
}

export const isInvalidNonce = (error: unknown): boolean =>
  error instanceof ApiRefusal && error.meaning._tag === "InvalidNonce"

/** Makes the error of Kraken's texts, by their meaning. */
export const sendErrorOf = (codes: ReadonlyArray<string>, meaning: Meaning): NoAnswer | ApiRefusal =>
  meaning._tag === "NoAnswer"
    ? new NoAnswer({ reason: `Kraken said ${quoteTexts(codes)}`, retry: meaning.retry, sent: true })
    : new ApiRefusal({ codes, meaning })
