import { Option, Struct } from "effect"
import type { Config } from "../../services/Config.ts"
import { merge, readCredentials } from "./credentials.ts"
import { modeProblems } from "./mode.ts"
import type { DotenvFile, Source } from "./sources.ts"
import { type Setting, settings, type Values, withoutEffect } from "./table.ts"
import { isServiceLink, lookalikes, unknownSettings } from "./unknown.ts"

export interface Sources {
  /** Flags of the command line, under the names of the settings they set. An empty one counts. */
  readonly flags: Source
  readonly environment: Source
  readonly dotenv: DotenvFile
  /** The folder of this machine, if it has one. */
  readonly stateFolder: string | undefined
}

export interface Decoded {
  /** Counts only where there are no problems. */
  readonly config: typeof Config.Service
  /** What is wrong, one line each. */
  readonly problems: ReadonlyArray<string>
}

/** The configuration from flags, environment and `.env`, in this order of weight, with everything that is wrong. */
export const decode = (sources: Sources): Decoded => {
  const own = ([name, value]: readonly [string, string]) => !isServiceLink(name, value)
  const environment = new Map([...sources.environment].filter(own))
  const dotenv = new Map([...sources.dotenv.source].filter(own))
  const { merged, ...mixed } = merge(environment, dotenv)
  const variables = new Map([...merged, ...sources.flags])

  const { problems, values } = parseAll(variables, ({ flag, name }) => {
    if (sources.flags.has(name)) return `${name} (--${flag})`
    return merged.get(name) === environment.get(name) ? name : `${name} (.env)`
  })
  const { credentials, ...pair } = readCredentials(variables, values)
  const stateDir = values.stateDir ?? sources.stateFolder
  const isPaper = values.mode === "paper"
  // A pair that is wrong is told already.
  const hasKey = Option.isSome(credentials) || pair.problems.length > 0
  problems.push(
    ...sources.dotenv.problems,
    ...mixed.problems,
    ...pair.problems,
    ...modeProblems({ flags: sources.flags, environment, dotenv, mode: values.mode, hasKey }),
    ...((values.sslKeyFile === undefined) !== (values.sslCertFile === undefined)
      ? [`${settings.sslKeyFile.name} and ${settings.sslCertFile.name}: expected both or neither`]
      : []),
    ...(stateDir === undefined ? [`${settings.stateDir.name}: expected, since this user has no home folder`] : []),
    ...unknownSettings(new Map([...dotenv, ...environment]))
  )

  // What is left after the settings that others stand for is the configuration, field by field.
  const config = {
    ...Struct.omit(values, "key", "keyFile", "otp", "secret", "secretFile", "sslCertFile", "sslKeyFile"),
    // What is not there can't be used: on paper nobody calls the account of the key.
    credentials: isPaper ? Option.none() : credentials,
    mode: values.mode ?? "live",
    tls: Option.all({
      keyFile: Option.fromNullable(values.sslKeyFile),
      certFile: Option.fromNullable(values.sslCertFile)
    }),
    stateDir: stateDir ?? "",
    notices: [
      ...Object.entries(withoutEffect).flatMap(([name, why]) =>
        merged.has(name) ? [`${name} does nothing: ${why}`] : []
      ),
      ...lookalikes(merged),
      ...mixed.notices,
      ...(isPaper && Option.isSome(credentials)
        ? [`${settings.key.name} is not used in paper mode: no private call leaves this machine.`]
        : pair.notices)
    ]
  }
  return { config, problems }
}

/** Every setting's value, or that of its default; a value that does not fit is told and stays undefined. */
const parseAll = (variables: Source, label: (setting: Setting<unknown>) => string) => {
  const problems: Array<string> = []
  const values = Object.entries<Setting<unknown>>(settings).map(([field, setting]) => {
    const text = variables.get(setting.name) ?? setting.fallback
    if (text === undefined) return [field, undefined]
    const parsed = setting.parse(text)
    if (parsed === undefined) problems.push(`${label(setting)}: expected ${setting.expected}${shown(setting, text)}`)
    return [field, parsed]
  })
  // A record loses which field has which type. Where a value is missing against its type, there is a problem.
  return { problems, values: Object.fromEntries(values) as Values }
}

/** What was set, without what an address may carry before its host. */
const shown = ({ secret }: Setting<unknown>, text: string): string =>
  secret ? "" : `, got ${JSON.stringify(text.slice(0, 200).replace(/\/\/.*@/, "//***@"))}`
