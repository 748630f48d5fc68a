import { Option } from "effect"
import { settings, type Field } from "../../../layers/settings/settingDefinitions.ts"
import { type Decoded, decode } from "../../../layers/settings/decode.ts"
import { type DotenvFile, noDotenv, readDotenv, readNamed } from "../../../layers/settings/dotenvFile.ts"
import * as Needs from "../../../layers/settings/needs.ts"
import { normalize, type Source, stateFolder, unreadDotenv } from "../../../layers/settings/sources.ts"
import { isKnown } from "../../../layers/settings/unknown.ts"
import type { Config } from "../../../services/Config.ts"
import type { System } from "./system.ts"

export interface Options {
  /** A file of settings that replaces `.env`. */
  readonly envFile: Option.Option<string>
  /** Checks the server as a client starts it over stdio. */
  readonly stdio: boolean
  readonly paper: boolean
}

/** The installation that is checked: the settings that a server would get, and the machine. */
export interface Installation {
  readonly system: System
  readonly stdio: boolean
  /** The settings as `serve` decodes them over the transport that is checked. */
  readonly served: Decoded
  /** The same over stdio, without a file unless one is named. */
  readonly overStdio: Decoded
  /** The file of settings that was read. */
  readonly dotenv: DotenvFile
  /** The path of a `.env` in this folder that the server does not read. */
  readonly unread: string | undefined
  /** The variables in use, without their values being valid. */
  readonly variables: Source
  /** Decodes some settings, whatever is wrong with the others. None if one of them is invalid. */
  readonly config: (...fields: ReadonlyArray<Field>) => Option.Option<typeof Config.Service>
}

/** Finds the file of the tokens. None if they are in PostgreSQL, or a setting is invalid. */
export const tokenFile = (config: Installation["config"]): Option.Option<string> =>
  Option.flatMap(config("tokenDb", "databaseUrl", "databaseUrlFile"), ({ databaseUrl, tokenDb }) =>
    databaseUrl === undefined ? Option.some(tokenDb) : Option.none()
  )

/** The settings of the API key and of calls to Kraken. */
export const krakenFields = [
  "key",
  "secret",
  "keyFile",
  "secretFile",
  "otp",
  "baseUrl",
  "mode",
  "paperMarket",
  "stateDir",
  "accounts"
] as const satisfies ReadonlyArray<Field>

/** Reads the settings once. A file that is named can be a pipe. */
export const makeInstallation = ({ envFile, paper, stdio }: Options, system: System): Installation => {
  const environment = normalize(system.environment)
  const named = Option.map(envFile, readNamed)
  const flags: Source = new Map(paper ? [[settings.mode.name, "paper"]] : [])
  const decodeFrom = (dotenv: DotenvFile, needs: Needs.Needs, from = environment) =>
    decode(
      {
        flags,
        environment: from,
        dotenv,
        unread: unreadDotenv(dotenv.name),
        stateFolder: stateFolder(environment, system.platform)
      },
      needs
    )
  const forStdio = Option.getOrElse(named, () => noDotenv)
  const dotenv = stdio ? forStdio : Option.getOrElse(named, () => readDotenv())
  const overStdio = decodeFrom(forStdio, Needs.overStdio)
  return {
    system,
    stdio,
    served: stdio ? overStdio : decodeFrom(dotenv, Needs.overHttp),
    overStdio,
    dotenv,
    unread: unreadDotenv(dotenv.name),
    variables: new Map([...dotenv.source, ...environment]),
    config: (...fields) => {
      const needs = { fields: new Set(fields), refuseUnknown: false, dotenv: true }
      const known = { ...dotenv, source: withoutUnknown(dotenv.source) }
      const { config, problems } = decodeFrom(known, needs, withoutUnknown(environment))
      return problems.length === 0 ? Option.some(config) : Option.none()
    }
  }
}

/** Leaves out names of settings that do not exist. They are a finding, and no reason to check less. */
const withoutUnknown = (source: Source): Source =>
  new Map([...source].filter(([name]) => !name.startsWith("MCP_KRAKEN_") || isKnown(name)))
