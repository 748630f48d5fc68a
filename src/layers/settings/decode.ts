import { Option, Redacted, Struct } from "effect"
import { defaultAccount, KrakenAccountName } from "../../services/KrakenAccount.ts"
import { isLoopback } from "../network/loopback.ts"
import type { Config } from "../../services/Config.ts"
import { either, merge, readCredentials } from "./credentials.ts"
import { namesOnly, readAccounts } from "./accounts.ts"
import { noSuchAccount } from "./knownAccounts.ts"
import { accountsIn, unnamedPair } from "./keyPairs.ts"
import { readLimits } from "./limits.ts"
import { type MandateField, mandateFields } from "./mandateSettings.ts"
import { modeProblems } from "./mode.ts"
import { type Needs, overHttp } from "./needs.ts"
import type { DotenvFile } from "./dotenvFile.ts"
import type { RefusedLine } from "./dotenvText.ts"
import type { Source } from "./sources.ts"
import { type Field, type Setting, settings, type Values, withoutEffect } from "./settingDefinitions.ts"
import { isServiceLink, lookalikes, unknownSettings } from "./unknown.ts"

export interface Sources {
  /** Values of the command, by the names of their settings, which any other source replaces. */
  readonly defaults?: Source
  /** Flags of the command line, by the names of their settings. An empty value counts as given. */
  readonly flags: Source
  readonly environment: Source
  readonly dotenv: DotenvFile
  /** The path of a `.env` that exists and is not read. */
  readonly unread?: string | undefined
  /** The state folder of this machine, if it has one. */
  readonly stateFolder: string | undefined
}

export interface Decoded {
  /** Valid only if there are no problems. */
  readonly config: typeof Config.Service
  /** Problems with the settings, one line each. */
  readonly problems: ReadonlyArray<string>
  /** Problems of the list that name Kraken accounts. */
  readonly ofAccounts: ReadonlyArray<string>
}

/**
 * Decodes the configuration from flags, environment and a file, in this order of precedence, and lists all problems
 * with the settings that the command uses. A given flag counts as used.
 */
export const decode = (sources: Sources, needs: Needs = overHttp): Decoded => {
  const own = ([name, value]: readonly [string, string]) => !isServiceLink(name, value)
  const environment = new Map([...sources.environment].filter(own))
  const dotenv = new Map([...sources.dotenv.source].filter(own))
  const file = sources.dotenv.name
  const { merged, ...mixed } = merge(environment, { ...sources.dotenv, source: dotenv })
  const variables = new Map([...(sources.defaults ?? []), ...merged, ...sources.flags])
  const inUse = (field: Field) => needs.fields.has(field) || sources.flags.has(settings[field].name)
  const isUsed = (name: string) => fields.some((field) => inUse(field) && settings[field].name === name)

  const { problems, values } = parseAll(variables, fields.filter(inUse), ({ flag, name }) => {
    if (sources.flags.has(name)) return `${name} (--${flag})`
    return merged.get(name) === environment.get(name) ? name : `${name} (${file})`
  })
  const { credentials, ...pair } = inUse("key") ? readCredentials(variables, unnamedPair, file) : noCredentials
  const named = inUse("accounts")
    ? inUse("key")
      ? readAccounts(variables, values, credentials, file)
      : { ...noAccounts, accounts: namesOnly(variables, values) }
    : noAccounts
  const stateDir = values.stateDir ?? sources.stateFolder
  const isPaper = values.mode === "paper"
  // Problems of the pair are already reported.
  const hasKey = inUse("key")
    ? Option.isSome(credentials) || named.accounts.length > 0 || pair.problems.length > 0
    : undefined
  const accounts: ReadonlyArray<string> = [defaultAccount, ...accountsIn(variables)]
  const tls = [values.sslKeyFile, values.sslCertFile]
  const databaseProblems: Array<string> = []
  const databaseUrl = inUse("databaseUrl")
    ? either(variables, settings.databaseUrl, settings.databaseUrlFile, databaseProblems)
    : undefined
  const limits = readLimits(values, inUse("authDisabled") && values.authDisabled === false)
  const ofAccounts = [
    ...named.problems,
    ...(inUse("account") && values.account !== undefined && !accounts.includes(values.account)
      ? [`${settings.account.name}: ${noSuchAccount(values.account, accounts)}`]
      : [])
  ]
  problems.push(
    ...sources.dotenv.problems,
    ...refusedLines(
      sources.dotenv.refused.filter(({ setting }) => setting === undefined || isUsed(setting)),
      file
    ),
    ...mixed.torn
      .filter(isUsed)
      .map((name) => `${name}: expected in ${file}, where the API key comes from, or both in the environment`),
    ...pair.problems,
    ...ofAccounts,
    ...databaseProblems,
    ...(inUse("mode")
      ? modeProblems({ flags: sources.flags, environment, dotenv, file, mode: values.mode, hasKey })
      : []),
    ...(tls.includes(undefined) && tls.some((file) => file !== undefined)
      ? [`${settings.sslKeyFile.name} and ${settings.sslCertFile.name}: expected both or neither`]
      : []),
    ...(inUse("stateDir") && stateDir === undefined
      ? [`${settings.stateDir.name}: expected, since this user has no home folder`]
      : []),
    ...limits.problems,
    ...operatorProblems(values.operator, tls.includes(undefined), inUse("port")),
    ...(values.metrics !== undefined && values.metrics !== "off" && !inUse("port")
      ? [
          `${settings.metrics.name}: expected with serve over HTTP only; ${settings.otlpEndpoint.name} works over stdio, too`
        ]
      : []),
    ...(values.metrics === "token" && accounts.length > 1
      ? [
          `${settings.metrics.name}: expected an address such as 127.0.0.1:9464 or off beside ${settings.accounts.name}, since the metrics tell of all accounts and a token is for one`
        ]
      : []),
    ...unknownSettings(new Map([...dotenv, ...environment]), needs)
  )
  if (problems.length > 0 && sources.unread !== undefined) problems.push(`${sources.unread} is not read.`)

  const config = {
    ...Struct.omit(values, ...standingForOthers),
    // Without credentials, no code in paper mode can use the account of the key.
    credentials: isPaper ? Option.none() : credentials,
    mode: values.mode ?? "live",
    tls: Option.all({
      keyFile: Option.fromNullable(values.sslKeyFile),
      certFile: Option.fromNullable(values.sslCertFile)
    }),
    stateDir: stateDir ?? "",
    databaseUrl: databaseUrl === undefined ? undefined : Redacted.make(databaseUrl),
    feedUrls: feedUrls(values),
    accounts: named.accounts,
    account: KrakenAccountName(values.account ?? defaultAccount),
    localMandate: limits.localMandate,
    localTerms: limits.localTerms,
    serverLimits: limits.serverLimits,
    unreadFile: Option.fromNullable(sources.unread),
    notices: [
      ...(sources.unread === undefined
        ? []
        : [`${sources.unread} is not read; use --env-file to name a settings file.`]),
      ...Object.entries(withoutEffect).flatMap(([name, why]) =>
        merged.has(name) ? [`${name} does nothing: ${why}`] : []
      ),
      ...lookalikes(merged),
      ...exposedSecrets(sources.dotenv),
      ...mixed.notices,
      ...(isPaper && Option.isSome(credentials)
        ? [`${settings.key.name} is not used in paper mode: no private call leaves this machine.`]
        : [...pair.notices, ...named.notices])
    ]
  }
  const unused = fields.filter((field) => !inUse(field))
  return { config: hide(config, unused), problems, ofAccounts }
}

/** Lists the problems of the page for approvals. Whoever set it expects that it is there. */
const operatorProblems = (operator: Values["operator"], isPlain: boolean, isHttp: boolean): ReadonlyArray<string> => {
  const { name } = settings.operator
  if (operator === undefined) return []
  if (!isHttp)
    return [`${name}: expected with serve over HTTP only; its page also shows approvals of servers over stdio`]
  return isPlain && !isLoopback(operator.host)
    ? [
        `${name}: expected an address of this machine, such as 127.0.0.1:8767, or ${settings.sslKeyFile.name} and ${settings.sslCertFile.name}: ${operator.host} is reached by others`
      ]
    : []
}

/** Returns the addresses of Kraken's WebSocket, or those of another exchange at `baseUrl`. */
const feedUrls = ({ baseUrl = "", wsAuthUrl, wsUrl }: Values) => {
  const isKraken = baseUrl === settings.baseUrl.fallback
  const at = baseUrl.replace(/^http/i, "ws")
  return {
    market: wsUrl ?? (isKraken ? "wss://ws.kraken.com/v2" : `${at}/v2`),
    account: wsAuthUrl ?? (isKraken ? "wss://ws-auth.kraken.com/v2" : `${at}/auth/v2`)
  }
}

const fields = Object.keys(settings) as ReadonlyArray<Field>

/** Settings that only stand for other fields of Config. */
const standingForOthers = [
  "databaseUrl",
  "databaseUrlFile",
  "key",
  "keyFile",
  "otp",
  "secret",
  "secretFile",
  "sslCertFile",
  "sslKeyFile",
  "serverMax",
  "serverAsk",
  "wsUrl",
  "wsAuthUrl",
  ...mandateFields
] as const

const noAccounts: ReturnType<typeof readAccounts> = { accounts: [], problems: [], notices: [] }

const noCredentials = { credentials: Option.none(), problems: [], notices: [] }

/** Parses settings or their defaults. An invalid value is reported and stays undefined. */
const parseAll = (variables: Source, fields: ReadonlyArray<Field>, label: (setting: Setting<unknown>) => string) => {
  const problems: Array<string> = []
  const values = fields.map((field) => {
    const setting: Setting<unknown> = settings[field]
    const text = variables.get(setting.name) ?? setting.fallback
    if (text === undefined) return [field, undefined]
    const parsed = setting.parse(text)
    if (parsed === undefined) problems.push(`${label(setting)}: expected ${setting.expected}${shown(setting, text)}`)
    return [field, parsed]
  })
  // The types of single fields are lost in a record. A value that is missing against its type has a reported problem,
  // or belongs to a field that is not in use.
  return { problems, values: Object.fromEntries(values) as Values }
}

/** The most numbers of lines in one message. */
const mostNumbers = 5

/** Reports lines of a file that are not understood, without their text, which might be a secret. */
const refusedLines = (lines: ReadonlyArray<RefusedLine>, file: string | undefined): ReadonlyArray<string> => {
  const expected = ({ openQuote, setting }: RefusedLine) =>
    openQuote ? "a closing quotation mark at the end of the value" : `${setting}=VALUE on a line of its own`
  const alone = lines.flatMap((line) => {
    const { number, openQuote, setting } = line
    if (setting !== undefined) return [`${setting} (${file}, line ${number}): expected ${expected(line)}`]
    return openQuote ? [`${file}, line ${number}: expected ${expected(line)}`] : []
  })
  const others = lines.filter(({ openQuote, setting }) => setting === undefined && !openQuote)
  const more = others.length > mostNumbers ? ` and ${others.length - mostNumbers} more` : ""
  const numbers = others.slice(0, mostNumbers).map(({ number }) => number)
  return others.length === 0
    ? alone
    : [
        ...alone,
        `${file}, line${others.length === 1 ? "" : "s"} ${numbers.join(", ")}${more}: expected NAME=VALUE, export NAME=VALUE, a comment that begins with #, or a blank line`
      ]
}

/** Warns of secrets in a file that other users of the machine can read. */
const exposedSecrets = ({ isReadableByOthers, name, source }: DotenvFile): ReadonlyArray<string> => {
  const secrets = Object.values(settings).filter(
    (setting: Setting<unknown>) => setting.secret && source.has(setting.name)
  )
  return isReadableByOthers && secrets.length > 0
    ? [
        `${secrets.map(({ name }) => name).join(" and ")} in ${name} can be read by other users of this machine: chmod 600 ${name}`
      ]
    : []
}

/** Settings that together make the field `credentials` of Config. */
const ofCredentials: ReadonlyArray<Field> = ["key", "keyFile", "otp", "secret", "secretFile"]

/** Fields that have a value in each command: without the settings for it, that of a command without a key or a name. */
const alwaysKnown: ReadonlyArray<Field> = [...ofCredentials, "account"]

/** Turns reading an unused setting into a defect, since its value might be invalid. */
const hide = (config: typeof Config.Service, unused: ReadonlyArray<Field>): typeof Config.Service => {
  for (const field of unused.filter((field) => !alwaysKnown.includes(field))) {
    const get = () => {
      throw new Error(`${settings[field].name} is not among the settings that this command uses`)
    }
    Object.defineProperty(config, shownAs(field), { configurable: true, enumerable: false, get })
  }
  return config
}

/** Returns the field of Config that a setting helps to make. */
const shownAs = (field: Field): string => {
  if (field === "sslKeyFile" || field === "sslCertFile") return "tls"
  if (field === "databaseUrlFile") return "databaseUrl"
  if (field === "wsUrl" || field === "wsAuthUrl") return "feedUrls"
  if (field === "serverMax" || field === "serverAsk") return "serverLimits"
  return isOfMandate(field) ? "localMandate" : field
}

const isOfMandate = (field: Field): field is MandateField => mandateFields.some((name) => name === field)

/** Prints the invalid value, without credentials in front of the host of an address. */
const shown = ({ secret }: Setting<unknown>, text: string): string =>
  secret ? "" : `, got ${JSON.stringify(text.slice(0, 200).replace(/\/\/.*@/, "//***@"))}`
