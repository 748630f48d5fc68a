import { Option, Redacted } from "effect"
import { readFileSync } from "node:fs"
import type { Credentials } from "../../services/Config.ts"
import type { DotenvFile } from "./dotenvFile.ts"
import type { Source } from "./sources.ts"
import { type KeyPair, pairsIn } from "./keyPairs.ts"
import { type Setting, settings } from "./settingDefinitions.ts"

const { baseUrl, databaseUrl, databaseUrlFile, stateDir, wsAuthUrl, wsUrl } = settings

/** Checks that a source has a key or a secret, or one of the two, of an account that it or one of the others names. */
export const holdsKey = (source: Source, ...others: ReadonlyArray<Source>): boolean =>
  partsOf(pairsIn(source, ...others)).some((name) => source.has(name))

/** Lists the names of keys and secrets. */
const partsOf = (pairs: ReadonlyArray<KeyPair>): ReadonlyArray<string> =>
  pairs.flatMap(({ key, keyFile, secret, secretFile }) => [key, keyFile, secret, secretFile].map(({ name }) => name))

/** Returns `source` without the hidden variables. */
const without = (source: Source, hidden: ReadonlyArray<string>): Source =>
  new Map([...source].filter(([name]) => !hidden.includes(name)))

/** The addresses to which a key, or a token that was made with it, is sent. */
const addresses = [baseUrl, wsUrl, wsAuthUrl]

/**
 * Merges environment and file. The environment wins, but keys, secrets and what belongs to them (one-time passwords, the
 * addresses to which they are sent, and the folder of their nonces) are taken from one source: a stranger's file must not
 * receive the key of the environment, nor must Kraken itself receive orders that were meant for another address. The state
 * folder of the environment always wins, since a container image sets it for any key.
 */
export const merge = (environment: Source, dotenv: DotenvFile) => {
  const { name: file, source } = dotenv
  const pairs = pairsIn(environment, source)
  const ofKeys = [...addresses, ...pairs.map(({ otp }) => otp)].map(({ name }) => name)
  if (holdsKey(environment, source)) {
    const companions = [...ofKeys, ...[stateDir, databaseUrl, databaseUrlFile].map(({ name }) => name)]
    const foreign = [...partsOf(pairs.slice(1)), ...companions].filter(
      (name) => source.has(name) && !environment.has(name)
    )
    const notices = foreign.map(
      (name) => `${name} in ${file} is ignored: it must come from the same source as the API key, the environment.`
    )
    return {
      merged: new Map([...without(source, [...partsOf(pairs), ...companions]), ...environment]),
      notices,
      torn: []
    }
  }
  const holds = holdsKey(source, environment)
  const torn = ofKeys.filter((name) => holds && environment.has(name) && environment.get(name) !== source.get(name))
  return { merged: new Map([...source, ...environment]), notices: [], torn }
}

/** The length of Kraken's secrets, in bytes. */
const whole = 64

/**
 * Reads key and secret, both or neither, each from its variable or from a file. A variable that is not understood counts as
 * not there, and is not reported.
 */
export const readCredentials = (variables: Source, pair: KeyPair, file: string | undefined) => {
  const { key, keyFile, otp, secret, secretFile } = pair
  const problems: Array<string> = []
  const keyText = either(variables, key, keyFile, problems)
  const secretText = either(variables, secret, secretFile, problems)
  const given = [key, keyFile].some(({ name }) => variables.has(name))
  if (given !== [secret, secretFile].some(({ name }) => variables.has(name))) {
    const [missing, present] = given ? [secret, key] : [key, secret]
    const orFile = file === undefined ? "" : ` or both in ${file}`
    problems.push(
      `${missing.name}: missing; it is given together with ${present.name}, both in the environment${orFile}`
    )
  }
  const credentials: Credentials | undefined =
    keyText === undefined || secretText === undefined
      ? undefined
      : {
          key: Redacted.make(keyText),
          secret: Redacted.make(secretText),
          otp: Option.map(Option.fromNullable(valueOf(variables, otp)), Redacted.make)
        }
  const bytes = secretText === undefined ? whole : Buffer.byteLength(secretText, "base64")
  const notices =
    bytes === whole ? [] : [`${secret.name} has ${bytes} bytes and Kraken's have ${whole}: is a part of it missing?`]
  return { credentials: Option.fromNullable(credentials), problems, notices }
}

/** Returns the value of a variable. Undefined without a valid one. */
const valueOf = (variables: Source, { name, parse }: Setting<string>): string | undefined => {
  const text = variables.get(name)
  return text === undefined ? undefined : parse(text)
}

/** Returns the text of the variable, or that of the file. */
export const either = (
  variables: Source,
  setting: Setting<string>,
  fileSetting: Setting<string>,
  problems: Array<string>
): string | undefined => {
  const { expected, name, parse } = setting
  const file = valueOf(variables, fileSetting)
  if (file === undefined) return valueOf(variables, setting)
  if (variables.has(name)) {
    problems.push(`${name} and ${fileSetting.name}: expected one of them, not both`)
    return undefined
  }
  try {
    const parsed = parse(readFileSync(file, "utf8").trim())
    if (parsed === undefined) problems.push(`${fileSetting.name}: expected a file that holds ${expected}`)
    return parsed
  } catch (error) {
    // The path is not shown: a user might have put the secret itself into this variable, and it must not reach a log.
    problems.push(`${fileSetting.name}: the file can't be read (${String(Object(error).code ?? "unknown")})`)
    return undefined
  }
}
