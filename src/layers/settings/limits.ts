import { Either, Option } from "effect"
import type { Mandate, ServerLimits } from "../../domain/mandates/mandate.ts"
import { makeMandate, makeServerLimits, type TermTexts } from "../../domain/mandates/terms.ts"
import { mandateFields, mandateTerms } from "./mandateSettings.ts"
import { settings, type Values } from "./settingDefinitions.ts"

interface LimitsRead {
  /** Valid only if there are no problems. */
  readonly localMandate: Option.Option<Mandate>
  /** The flags whose settings made it. */
  readonly localTerms: ReadonlyArray<string>
  readonly serverLimits: Option.Option<ServerLimits>
  readonly problems: ReadonlyArray<string>
}

const nameOf = (term: string): string => Object.values(mandateTerms).find((it) => it.term === term)?.name ?? term

/**
 * Reads the limits of callers without a token, and those of all callers. If every caller has a token, limits of callers
 * without one are a problem: whoever set them expects that they hold.
 */
export const readLimits = (values: Values, isTokenNeeded: boolean): LimitsRead => {
  const given = mandateFields.filter((field) => values[field] !== undefined)
  const texts: TermTexts = Object.fromEntries(
    given.map((field) => [mandateTerms[field].term, [values[field] ?? ""]] as const)
  )
  const local = given.length === 0 ? Either.right(undefined) : makeMandate(texts, nameOf)
  const server = makeServerLimits(listOf(values.serverMax), listOf(values.serverAsk))
  const useless = given.map((field) => settings[field].name)
  return {
    localMandate: Option.flatMap(Either.getRight(local), Option.fromNullable),
    localTerms: Object.keys(texts),
    serverLimits: Option.flatMap(Either.getRight(server), Option.fromNullable),
    problems: [
      ...(isTokenNeeded && useless.length > 0
        ? [
            `${useless.join(" and ")}: expected over stdio only, or with ${settings.authDisabled.name}=true; here every caller has a token, which has its own limits, and ${settings.serverMax.name} limits all of them together`
          ]
        : []),
      ...problemsOf(local),
      ...(given.length > 0 && given.every((field) => field === "calls")
        ? [
            `${settings.calls.name}: expected ${settings.access.name} beside it, since without limits of trading the access would be read`
          ]
        : []),
      ...problemsOf(server)
    ]
  }
}

const listOf = (text: string | undefined): ReadonlyArray<string> => (text === undefined ? [] : [text])

const problemsOf = (result: Either.Either<unknown, ReadonlyArray<string>>): ReadonlyArray<string> =>
  Either.match(result, { onLeft: (problems) => problems, onRight: () => [] })
