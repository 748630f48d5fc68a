import { Either } from "effect"
import type { Window } from "./mandate.ts"

/** A rule does not allow such a write at all, whatever its amount. */
export interface NotAllowed {
  readonly _tag: "NotAllowed"
  readonly layer: "mandate" | "server"
  /** The rule that refuses, such as `pairs`. */
  readonly rule: string
  /** The part of the write that it refuses. */
  readonly asked: string
  /** The things that it allows. */
  readonly allowed: string
}

/** A rule cannot be evaluated, so the write is refused. */
export interface Uncheckable {
  readonly _tag: "Uncheckable"
  /** The thing to check, as the object of the verb "check". */
  readonly check: string
  readonly reason: string
}

/** A balance would go below the amount that has to stay. Amounts are decimals in `unit`, an asset. */
export interface TooMuch {
  readonly _tag: "TooMuch"
  readonly layer: "mandate"
  readonly limit: "keep"
  readonly asked: string
  readonly allowed: string
  readonly left: string
  readonly unit: string
}

/** A reason for which a write is not sent, whatever was spent before. */
export type Refusal = NotAllowed | Uncheckable | TooMuch

/** A value, or the reason for which there is none. */
export type Judged<A> = Either.Either<A, Refusal>

export const notAllowed = (
  layer: NotAllowed["layer"],
  rule: string,
  asked: string,
  allowed: string
): Either.Either<never, NotAllowed> => Either.left({ _tag: "NotAllowed", layer, rule, asked, allowed })

export const uncheckable = (check: string, reason: string): Either.Either<never, Uncheckable> =>
  Either.left({ _tag: "Uncheckable", check, reason })

/** A limit of spending that has a number. */
export const hasLimit = (max: { readonly [window in Window]?: string }): boolean =>
  Object.values(max).some((limit) => limit !== undefined && limit !== "none")
