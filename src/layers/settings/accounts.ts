import { Option, Redacted } from "effect"
import type { KrakenAccount } from "../../services/Config.ts"
import { KrakenAccountName, settingPrefix } from "../../services/KrakenAccount.ts"
import { readCredentials } from "./credentials.ts"
import { accountsIn, pairOf } from "./keyPairs.ts"
import { type Setting, settings, type Values } from "./settingDefinitions.ts"
import type { Source } from "./sources.ts"

/** The rate limits of an account, if they differ from those of the others. */
const tierOf = (account: string): Setting<Values["tier"]> => ({
  ...settings.tier,
  name: `${settingPrefix(account)}TIER`
})

/** Lists the settings of the accounts that a source names. */
export const settingsOfAccounts = (source: Source): ReadonlyArray<string> =>
  accountsIn(source).flatMap((account) => [...Object.values(pairOf(account)), tierOf(account)].map(({ name }) => name))

/** Lists the accounts with names, without their keys. */
export const namesOnly = (variables: Source, { tier }: Pick<Values, "tier">): ReadonlyArray<KrakenAccount> =>
  accountsIn(variables).map((name) => ({ name: KrakenAccountName(name), credentials: Option.none(), tier }))

/** Matches a setting of the API key of some account. */
const ofSomeAccount = /^KRAKEN_\w+_API_(?:KEY|SECRET)(?:_FILE)?$/

/**
 * Reads the accounts with names. In live mode each needs a key, which no other account has. `credentials` are those without
 * a name, and `file` is the name of the settings file, for messages.
 */
export const readAccounts = (
  variables: Source,
  { mode, tier }: Pick<Values, "mode" | "tier">,
  credentials: KrakenAccount["credentials"],
  file: string | undefined
) => {
  const names = accountsIn(variables)
  const problems: Array<string> = []
  const notices: Array<string> = []
  const keys = new Map(Option.toArray(credentials).map(({ key }) => [Redacted.value(key), settings.key.name]))

  const read = <A>({ expected, name, parse, secret }: Setting<A>): A | undefined => {
    const text = variables.get(name)
    if (text === undefined) return undefined
    const parsed = parse(text)
    const shown = secret ? "" : `, got ${JSON.stringify(text.slice(0, 200))}`
    if (parsed === undefined) problems.push(`${name}: expected ${expected}${shown}`)
    return parsed
  }

  const credentialsOf = (account: string): KrakenAccount["credentials"] => {
    const pair = pairOf(account)
    const wrong = problems.length
    for (const setting of Object.values(pair)) read(setting)
    const found = readCredentials(variables, pair, file)
    problems.push(...found.problems)
    notices.push(...found.notices)
    if (problems.length === wrong && Option.isNone(found.credentials)) {
      problems.push(`${pair.key.name} and ${pair.secret.name}: missing; ${settings.accounts.name} names ${account}`)
    }
    for (const { key } of Option.toArray(found.credentials)) {
      const other = keys.get(Redacted.value(key))
      if (other !== undefined) problems.push(`${pair.key.name}: expected another key than that of ${other}`)
      keys.set(Redacted.value(key), pair.key.name)
    }
    return found.credentials
  }

  const accounts = names.map((name): KrakenAccount => ({
    name: KrakenAccountName(name),
    credentials: mode === "paper" ? Option.none() : credentialsOf(name),
    tier: read(tierOf(name)) ?? tier
  }))
  const known = settingsOfAccounts(variables)
  const others = [...variables.keys()].filter((name) => ofSomeAccount.test(name) && !known.includes(name))
  if (names.length > 0) {
    notices.push(...others.map((name) => `${name} is not used: ${settings.accounts.name} does not name its account.`))
  }
  return { accounts, problems, notices }
}
