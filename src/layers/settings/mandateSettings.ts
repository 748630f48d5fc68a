import { serverTerms, termFlags } from "../../domain/mandates/terms.ts"
import * as Parse from "./parse.ts"

const forLocal = "Limits of callers without a token"
const forAll = "Limits of all callers together"

/** Makes the setting of a flag of a mandate. Its text is read together with those of the others. */
const term = (flag: string) => {
  const found = termFlags.find((term) => term.flag === flag)
  if (found === undefined) throw new Error(`No flag of a mandate is called ${flag}`)
  const { byDefault, expected, purpose, setting } = found
  return { term: flag, name: setting, expected, shownDefault: byDefault, purpose, section: forLocal, parse: Parse.text }
}

/**
 * Settings of the mandate of callers without a token: over stdio, or over HTTP without authentication. A change of one of
 * them needs no operator secret, since whoever can change it can also read the API key beside it.
 */
export const mandateTerms = {
  budget: term("budget"),
  access: term("access"),
  max: term("max"),
  capital: term("capital"),
  grant: term("grant"),
  keep: term("keep"),
  pairs: term("pairs"),
  notPairs: term("not-pairs"),
  sides: term("sides"),
  types: term("types"),
  collar: term("collar"),
  slippage: term("slippage"),
  maxOpen: term("max-open"),
  rate: term("rate"),
  calls: term("calls"),
  maxLeverage: term("max-leverage"),
  cancel: term("cancel"),
  withdraw: term("withdraw"),
  ask: term("ask")
}

export type MandateField = keyof typeof mandateTerms

export const mandateFields = Object.keys(mandateTerms) as ReadonlyArray<MandateField>

/** Settings of the limits that all callers of a Kraken account share, those with a token too. */
export const serverSettings = {
  serverMax: {
    name: serverTerms.max.setting,
    expected: serverTerms.max.expected,
    purpose:
      "The most that all callers together may spend: with one order, in the last hour, day, week or month, and in total.",
    shownDefault: "none",
    section: forAll,
    parse: Parse.text
  },
  serverAsk: {
    name: serverTerms.ask.setting,
    expected: serverTerms.ask.expected,
    purpose: "Acts that need the approval of a person, whoever the caller is.",
    shownDefault: "none",
    section: forAll,
    parse: Parse.text
  }
}
