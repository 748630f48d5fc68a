import { Option, Redacted } from "effect"
import { distance } from "fastest-levenshtein"
import { readFileSync } from "node:fs"
import type { Config, Credentials } from "../../services/Config.ts"
import { type Setting, settings, withoutEffect } from "./table.ts"

/** Variables from one place, names in capitals. */
export type Source = ReadonlyMap<string, string>

export interface Sources {
  /** Flags of the command line, under the names of the settings they set. */
  readonly flags: Source
  readonly environment: Source
  readonly dotenv: Source
  readonly stateFolder: string
}

export interface Decoded {
  readonly config: typeof Config.Service
  /** What is wrong, one line each; the configuration counts only if this is empty. */
  readonly problems: ReadonlyArray<string>
  /** What the operator should know. */
  readonly notices: ReadonlyArray<string>
}

/** The configuration from flags, environment and `.env`, in this order of weight, with everything that is wrong. */
export const decode = ({ dotenv, environment, flags, stateFolder }: Sources): Decoded => {
  const merged = new Map([...dotenv, ...environment, ...flags].filter(([, value]) => !isServiceLink(value)))
  const problems: Array<string> = []
  const notices = withoutEffect.filter((name) => merged.has(name)).map((name) => `${name} has no effect here.`)

  const value = <A>(setting: Setting<A>, source: Source = merged): A | undefined => {
    const text = source.get(setting.name) ?? setting.fallback
    if (text === undefined) return undefined
    const parsed = setting.parse(text)
    if (parsed === undefined) problems.push(wrong(setting, text))
    return parsed
  }
  /** For settings with a default: where the text is wrong, a problem stands in the list and the value never counts. */
  const known = <A>(setting: Setting<A>): A => value(setting) as A

  // Key, secret and address belong together: somebody else's .env must not receive the key of the environment.
  const credentialNames = [settings.key, settings.secret, settings.keyFile, settings.secretFile].map(({ name }) => name)
  const given = credentialNames.some((name) => environment.has(name)) ? environment : dotenv
  const hasKey = credentialNames.some((name) => given.has(name))
  const credentials = hasKey ? credentialsFrom(given, value, problems) : undefined
  const baseUrl = value(settings.baseUrl, hasKey ? given : merged)
  if (hasKey && merged.has(settings.baseUrl.name) && !given.has(settings.baseUrl.name)) {
    notices.push(`${settings.baseUrl.name} is ignored: it does not come from where the API key comes from.`)
  }

  const keyFile = value(settings.sslKeyFile)
  const certFile = value(settings.sslCertFile)
  if ((keyFile === undefined) !== (certFile === undefined)) {
    problems.push("MCP_KRAKEN_SSL_KEYFILE and MCP_KRAKEN_SSL_CERTFILE: expected both or neither")
  }
  problems.push(...unknownNames(merged))

  const config: typeof Config.Service = {
    credentials: Option.fromNullable(credentials),
    baseUrl: baseUrl ?? "",
    httpTimeout: known(settings.httpTimeout),
    host: known(settings.host),
    port: known(settings.port),
    path: known(settings.path),
    tls: keyFile !== undefined && certFile !== undefined ? Option.some({ keyFile, certFile }) : Option.none(),
    tokenDb: known(settings.tokenDb),
    stateDir: value(settings.stateDir) ?? stateFolder,
    authDisabled: known(settings.authDisabled),
    allowedOrigins: value(settings.allowedOrigins) ?? [],
    allowedHosts: value(settings.allowedHosts) ?? [],
    queryToken: known(settings.queryToken),
    toolsets: known(settings.toolsets),
    readOnly: known(settings.readOnly),
    hideDenied: known(settings.hideDenied),
    tier: known(settings.tier),
    orderDeadline: known(settings.orderDeadline),
    logLevel: known(settings.logLevel),
    logFormat: known(settings.logFormat)
  }
  return { config, problems, notices }
}

const wrong = ({ expected, name, secret }: Setting<unknown>, text: string): string =>
  `${name}: expected ${expected}${secret ? "" : `, got ${JSON.stringify(text.slice(0, 200))}`}`

const credentialsFrom = (
  source: Source,
  value: <A>(setting: Setting<A>, source: Source) => A | undefined,
  problems: Array<string>
): Credentials | undefined => {
  const read = (plain: Setting<string>, file: Setting<string>): string | undefined => {
    if (source.has(plain.name) && source.has(file.name)) {
      problems.push(`${plain.name} and ${file.name}: expected one of them, not both`)
      return undefined
    }
    const path = source.get(file.name)
    if (path === undefined) {
      if (!source.has(plain.name))
        problems.push(`${plain.name}: missing; key and secret are given together, in one place`)
      return value(plain, source)
    }
    try {
      return value(plain, new Map([[plain.name, readFileSync(path, "utf8").trim()]]))
    } catch (error) {
      problems.push(`${file.name}: ${path} can't be read (${String(Object(error).code ?? error)})`)
      return undefined
    }
  }
  const key = read(settings.key, settings.keyFile)
  const secret = read(settings.secret, settings.secretFile)
  const otp = value(settings.otp, source)
  return key === undefined || secret === undefined
    ? undefined
    : {
        key: Redacted.make(key),
        secret: Redacted.make(secret),
        otp: Option.map(Option.fromNullable(otp), Redacted.make)
      }
}

/** Kubernetes describes every service in the environment of every pod; one called mcp-kraken looks like settings. */
const isServiceLink = (value: string): boolean => /^(tcp|udp|sctp):\/\//.test(value)

const serviceLinkName = /_SERVICE_(HOST|PORT(_\w+)?)$|_PORT_\d+_(TCP|UDP|SCTP)(_(ADDR|PORT|PROTO))?$/

/** A misspelt safety setting must never be ignored. */
const unknownNames = (variables: Source): Array<string> => {
  const names = Object.values(settings).map(({ name }) => name)
  return [...variables.keys()]
    .filter((name) => name.startsWith("MCP_KRAKEN_") && !serviceLinkName.test(name))
    .filter((name) => !names.includes(name) && !withoutEffect.includes(name))
    .map((name) => {
      const nearest = names.reduce((best, known) => (distance(name, known) < distance(name, best) ? known : best))
      return `${name}: no such setting; did you mean ${nearest}?`
    })
}
