import * as Options from "@effect/cli/Options"
import { Option } from "effect"
import type { TermFlag } from "../../domain/mandates/term.ts"
import { termFlags, type TermTexts } from "../../domain/mandates/terms.ts"

/** The options of a mandate, by their flags. A flag that is not given has no texts. */
const optionsOf = (describe: (term: TermFlag) => string): Options.Options<TermTexts> =>
  Options.all(Object.fromEntries(termFlags.map((term) => [term.flag, optionOf(term, describe(term))] as const))).pipe(
    Options.map((texts) => Object.fromEntries(Object.entries(texts).filter(([, given]) => given.length > 0)))
  )

const withoutDefault = ({ expected, purpose }: TermFlag): string => `${purpose} Accepts ${expected}.`

/** The limits of a new mandate, with their defaults. */
export const newTerms = optionsOf((term) => `${withoutDefault(term)} Default: ${term.byDefault}.`)

/** The limits of a mandate that exists. Those that are not given stay. */
export const changedTerms = optionsOf(withoutDefault)

function optionOf({ flag, repeatable }: TermFlag, description: string): Options.Options<ReadonlyArray<string>> {
  const option = Options.text(flag).pipe(Options.withDescription(description))
  return repeatable
    ? Options.map(Options.repeated(option), (texts): ReadonlyArray<string> => texts)
    : Options.map(Options.optional(option), (text): ReadonlyArray<string> => Option.toArray(text))
}
