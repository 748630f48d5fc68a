import { Either, Struct } from "effect"
import type { Ask, Mandate, ServerLimits, SpendingLimits } from "./mandate.ts"
import { askKinds } from "./mandateWords.ts"
import type { TermFlag } from "./term.ts"
import { budgetMandate, defaultMandate } from "./termDefaults.ts"
import { faultsOf, spendingFaults, type TermFault } from "./termFaults.ts"
import { setAsk, setMax, splitMembers } from "./termReaders.ts"
import { terms } from "./termTable.ts"

/** Texts as given, by the names of flags without dashes: `{ budget: ["500USD"], max: ["100USD/order", "500USD/day"] }`. */
export type TermTexts = { readonly [flag: string]: ReadonlyArray<string> }

/** The flags of a mandate, in the order of the documents. */
export const termFlags: ReadonlyArray<TermFlag> = terms.map((term) => Struct.omit(term, "access", "read"))

/** A function from a flag to the name by which it was given. */
export type Label = (flag: string) => string

const dashed: Label = (flag) => `--${flag}`

/** Sets terms of a mandate, or lists all problems with them. */
const setTerms = (from: Mandate, given: TermTexts, label: Label): Either.Either<Mandate, ReadonlyArray<string>> => {
  const isGiven = (flag: string) => Object.hasOwn(given, flag) && (given[flag] ?? []).length > 0
  const faults: Array<TermFault> = Object.keys(given)
    .filter((flag) => !terms.some((term) => term.flag === flag))
    .map((flag) => ({ flags: [flag], text: "no such limit" }))
  let mandate = from
  for (const { flag, read } of terms) {
    if (!isGiven(flag)) continue
    const result = read(given[flag] ?? [], mandate)
    if (Either.isRight(result)) mandate = result.right
    else faults.push(...result.left.map((text) => ({ flags: [flag], text })))
  }
  const failed = faults.flatMap(({ flags }) => flags)
  // A budget sets several limits.
  const unread = new Set(failed.includes("budget") ? [...failed, "access", "capital", "max"] : failed)
  const useless = terms.filter(({ access, flag }) => isGiven(flag) && levels[access] > levels[mandate.access])
  const found = [
    ...useless.map(({ access, flag }) => ({
      flags: [flag, "access"],
      text: `needs ${label("access")} ${access}, and access is ${mandate.access}`
    })),
    ...faultsOf(mandate, label)
  ]
  faults.push(...found.filter(({ flags }) => !flags.some((flag) => unread.has(flag))))
  return faults.length > 0
    ? Either.left(faults.map(({ flags: [flag = ""], text }) => `${label(flag)}: ${text}`))
    : Either.right(mandate)
}

const levels: Readonly<Record<Mandate["access"], number>> = { read: 0, trade: 1, full: 2 }

/**
 * Makes a new mandate of texts. Left: all problems, one sentence each, which begins with the name that `label` gives to a
 * flag.
 */
export const makeMandate = (given: TermTexts, label: Label = dashed): Either.Either<Mandate, ReadonlyArray<string>> =>
  setTerms((given["budget"] ?? []).length > 0 ? budgetMandate : defaultMandate, given, label)

/** Changes the limits of a mandate that are given, and leaves the others. Left: all problems, one sentence each. */
export const changeMandate = (
  mandate: Mandate,
  given: TermTexts,
  label: Label = dashed
): Either.Either<Mandate, ReadonlyArray<string>> => setTerms(mandate, given, label)

/** Settings of the limits that all callers of a server share. */
export const serverTerms = {
  max: { setting: "MCP_KRAKEN_SERVER_MAX", expected: "amounts such as 1000USD/day,200USD/order" },
  ask: { setting: "MCP_KRAKEN_SERVER_ASK", expected: `above=50USD and some of ${askKinds.join(", ")}` }
} as const

/** Makes the limits that all callers share. Undefined if there is none. Left: all problems, one sentence each. */
export const makeServerLimits = (
  max: ReadonlyArray<string>,
  ask: ReadonlyArray<string>
): Either.Either<ServerLimits | undefined, ReadonlyArray<string>> => {
  const spending = max.length === 0 ? noSpending : readSpending(max)
  const acts = ask.length === 0 ? noAsk : readActs(ask)
  const problems = [
    ...Either.match(spending, {
      onLeft: (faults) => faults,
      onRight: (limits) => spendingFaults(limits)
    }).map((fault) => `${serverTerms.max.setting}: ${fault}`),
    ...(Either.isLeft(acts) ? acts.left.map((fault) => `${serverTerms.ask.setting}: ${fault}`) : [])
  ]
  if (problems.length > 0) return Either.left(problems)
  return Either.map(Either.all({ spending, ask: acts }), (limits) =>
    limits.spending.currency === undefined && limits.ask.above === undefined && limits.ask.kinds.length === 0
      ? undefined
      : limits
  )
}

const noSpending: Either.Either<SpendingLimits, ReadonlyArray<string>> = Either.right({ max: {} })
const noAsk: Either.Either<Ask, ReadonlyArray<string>> = Either.right({ kinds: [] })

const readSpending = (texts: ReadonlyArray<string>) =>
  Either.flatMap(splitMembers(texts), (members) => setMax(members, { max: {} }))
const readActs = (texts: ReadonlyArray<string>) =>
  Either.flatMap(splitMembers(texts), (members) => setAsk(members, { kinds: [] }))

export { describeMandate } from "./describeMandate.ts"
export { displayNames, nameFaults } from "./mandateNames.ts"
export { widens } from "./widening.ts"
