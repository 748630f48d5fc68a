import { settings, withoutEffect } from "../../layers/settings/settingDefinitions.ts"
import type { Source } from "../../layers/settings/sources.ts"
import { blocking, changed, ignored, type Item, kept } from "./item.ts"

/** The settings that both servers have, with the same meaning and the same default. */
const shared: ReadonlyArray<string> = [
  settings.key,
  settings.secret,
  settings.baseUrl,
  settings.host,
  settings.port,
  settings.path,
  settings.tokenDb,
  settings.sslKeyFile,
  settings.sslCertFile,
  settings.httpTimeout,
  settings.logLevel,
  settings.authDisabled
].map(({ name }) => name)

const own: ReadonlyArray<string> = Object.values(settings).map(({ name }) => name)

/** Settings of the Python server's futures API. */
const futures: ReadonlyArray<string> = [
  "KRAKEN_FUTURES_API_KEY",
  "KRAKEN_FUTURES_API_SECRET",
  "KRAKEN_FUTURES_BASE_URL",
  "MCP_KRAKEN_FUTURES_SANDBOX"
]

/** The settings as the server would get them, and the problems that it would refuse to start with. */
export interface Found {
  /** The variables of the environment and of the file. */
  readonly variables: Source
  /** The variables of the file. */
  readonly file: Source
  readonly problems: ReadonlyArray<string>
  readonly notices: ReadonlyArray<string>
}

/** Says of each setting what becomes of it. */
export const settingItems = ({ file, notices, problems, variables }: Found): ReadonlyArray<Item> => {
  const broken = problems.map((problem) =>
    blocking(subjectOf(problem), /[.?]$/.test(problem) ? problem : `${problem}.`)
  )
  const substituted = [...file].flatMap(([name, value]) =>
    /\$\{\w+\}/.test(value)
      ? [
          blocking(
            name,
            `${name} refers to another variable by \${…}, which is not replaced here: write the value itself.`
          )
        ]
      : []
  )
  const said = [...broken, ...substituted]
  const rest = [...variables].flatMap(([name, value]) =>
    said.some(({ subject }) => subject === name) ? [] : itemOf(name, value)
  )
  const others = notices
    .filter((notice) => !/ does nothing: /.test(notice))
    .map((notice) => changed(subjectOf(notice), notice))
  return [...said, ...rest, ...others]
}

const itemOf = (name: string, value: string): ReadonlyArray<Item> => {
  if (name === "MCP_KRAKEN_API") {
    return value.toLowerCase() === "futures"
      ? [
          blocking(
            name,
            `${name} is futures, and this server has Kraken's spot API only: keep the Python server for it.`
          )
        ]
      : [ignored(name, `${name}: this server has Kraken's spot API only.`)]
  }
  if (futures.includes(name)) return [ignored(name, `${name}: this server does not trade futures.`)]
  if (shared.includes(name)) return [kept(name, `${name} means the same.`)]
  if (own.includes(name)) return [kept(name, `${name} is a setting of this server.`)]
  const why = withoutEffect[name]
  return why === undefined ? [] : [ignored(name, `${name}: ${why}`)]
}

/** Returns the name of the setting at the beginning of a sentence, or its first word. */
const subjectOf = (sentence: string): string => /^[^\s:,]+/.exec(sentence)?.[0] ?? sentence
