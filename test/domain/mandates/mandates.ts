import { assert } from "@effect/vitest"
import { Either } from "effect"
import type { Mandate } from "../../../src/domain/mandates/mandate.ts"
import { changeMandate, makeMandate, type TermTexts } from "../../../src/domain/mandates/terms.ts"

/** Flags with their texts, of which one stands for a list of one. */
export type Flags = { readonly [flag: string]: string | ReadonlyArray<string> }

export const textsOf = (flags: Flags): TermTexts =>
  Object.fromEntries(Object.entries(flags).map(([flag, text]) => [flag, typeof text === "string" ? [text] : text]))

const right = <A>(result: Either.Either<A, ReadonlyArray<string>>): A =>
  Either.getOrElse(result, (problems) => assert.fail(problems.join("\n")))

/** Makes a valid mandate. */
export const mandate = (flags: Flags): Mandate => right(makeMandate(textsOf(flags)))

/** Changes a mandate by valid flags. */
export const changed = (before: Mandate, flags: Flags): Mandate => right(changeMandate(before, textsOf(flags)))

/** Lists the flags that problems name. */
export const flagsOf = (result: Either.Either<unknown, ReadonlyArray<string>>): ReadonlyArray<string> =>
  Either.match(result, {
    onLeft: (problems) => problems.map((problem) => /^--([a-z-]+): ./.exec(problem)?.[1] ?? problem),
    onRight: () => []
  })

/** Lists the flags with a fault in those of a new mandate. */
export const wrong = (flags: Flags): ReadonlyArray<string> => flagsOf(makeMandate(textsOf(flags)))

/** A mandate that trades without limits of spending. */
export const trade = { access: "trade", max: "none" }
