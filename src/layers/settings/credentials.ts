import { Option, Redacted } from "effect"
import { readFileSync } from "node:fs"
import type { Credentials } from "../../services/Config.ts"
import type { DotenvFile } from "./dotenvFile.ts"
import type { Source } from "./sources.ts"
import { settings, type Values } from "./settingDefinitions.ts"

const { baseUrl, key, keyFile, otp, secret, secretFile, stateDir, wsAuthUrl, wsUrl } = settings

const names = [key, secret, keyFile, secretFile].map(({ name }) => name)

/** Checks that a source has a key or a secret, or one of the two. */
export const holdsKey = (source: Source): boolean => names.some((name) => source.has(name))

/** Returns `source` without the hidden variables. */
const without = (source: Source, hidden: ReadonlyArray<string>): Source =>
  new Map([...source].filter(([name]) => !hidden.includes(name)))

/**
 * Settings that belong to a key: the addresses that it, or a token made with it, is sent to, and its one-time password.
 */
const ofKey = [baseUrl, wsUrl, wsAuthUrl, otp]

/** The same and the folder of its nonces. */
const companions = [...ofKey, stateDir].map(({ name }) => name)

/**
 * Merges environment and file. The environment wins, but key, secret and their companions are taken from one source: a
 * stranger's file must not receive the key of the environment, nor must Kraken itself receive orders that were meant
 * for another address. The state folder of the environment always wins, since a container image sets it for any key.
 */
export const merge = (environment: Source, dotenv: DotenvFile) => {
  const { name: file, source } = dotenv
  if (holdsKey(environment)) {
    const foreign = companions.filter((name) => source.has(name) && !environment.has(name))
    const notices = foreign.map(
      (name) => `${name} in ${file} is ignored: it must come from the same source as the API key, the environment.`
    )
    return { merged: new Map([...without(source, [...names, ...companions]), ...environment]), notices, torn: [] }
  }
  const torn = ofKey.filter(
    ({ name }) => holdsKey(source) && environment.has(name) && environment.get(name) !== source.get(name)
  )
  return { merged: new Map([...source, ...environment]), notices: [], torn: torn.map(({ name }) => name) }
}

/** The length of Kraken's secrets, in bytes. */
const whole = 64

/** Reads key and secret, both or neither, each from its variable or from a file. */
export const readCredentials = (variables: Source, values: Values, file: string | undefined) => {
  const problems: Array<string> = []
  const keyText = either(variables, values, "key", "keyFile", problems)
  const secretText = either(variables, values, "secret", "secretFile", problems)
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
          otp: Option.map(Option.fromNullable(values.otp), Redacted.make)
        }
  const bytes = secretText === undefined ? whole : Buffer.byteLength(secretText, "base64")
  const notices =
    bytes === whole ? [] : [`${secret.name} has ${bytes} bytes and Kraken's have ${whole}: is a part of it missing?`]
  return { credentials: Option.fromNullable(credentials), problems, notices }
}

/** Returns the text of the variable, or that of the file. */
const either = (
  variables: Source,
  values: Values,
  field: "key" | "secret",
  fileField: "keyFile" | "secretFile",
  problems: Array<string>
): string | undefined => {
  const { expected, name, parse } = settings[field]
  const file = values[fileField]
  if (file === undefined) return values[field]
  const fileName = settings[fileField].name
  if (variables.has(name)) {
    problems.push(`${name} and ${fileName}: expected one of them, not both`)
    return undefined
  }
  try {
    const parsed = parse(readFileSync(file, "utf8").trim())
    if (parsed === undefined) problems.push(`${fileName}: expected a file that holds ${expected}`)
    return parsed
  } catch (error) {
    // The path is not shown: a user might have put the secret itself into this variable, and it must not reach a log.
    problems.push(`${fileName}: the file can't be read (${String(Object(error).code ?? "unknown")})`)
    return undefined
  }
}
