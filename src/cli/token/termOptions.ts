import * as Options from "@effect/cli/Options"
import { Option } from "effect"
import { termFlags, type TermTexts } from "../../domain/mandates/terms.ts"
import type { TermFlag } from "../../domain/mandates/termTable.ts"

/** The options of a mandate, by their flags. A flag that is not given has no texts. */
export const termOptions: Options.Options<TermTexts> = Options.all(
  Object.fromEntries(termFlags.map((term) => [term.flag, optionOf(term)] as const))
).pipe(Options.map((texts) => Object.fromEntries(Object.entries(texts).filter(([, given]) => given.length > 0))))

function optionOf({ expected, flag, purpose, repeatable }: TermFlag): Options.Options<ReadonlyArray<string>> {
  const option = Options.text(flag).pipe(Options.withDescription(`${purpose} Accepts ${expected}.`))
  return repeatable
    ? Options.map(Options.repeated(option), (texts): ReadonlyArray<string> => texts)
    : Options.map(Options.optional(option), (text): ReadonlyArray<string> => Option.toArray(text))
}
