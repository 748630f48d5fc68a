import { Effect, Either, Option } from "effect"
import { resolve } from "node:path"
import { env, platform } from "node:process"
import type { Config } from "../../services/Config.ts"
import { SettingsError } from "./ConfigEnv.ts"
import { holdsKey, merge } from "./credentials.ts"
import { decode } from "./decode.ts"
import { type DotenvFile, noDotenv, readDotenv, readNamed } from "./dotenvFile.ts"
import * as Needs from "./needs.ts"
import { settings } from "./settingDefinitions.ts"
import { normalize, type Source, stateFolder } from "./sources.ts"
import { isKnown, unknownSettings } from "./unknown.ts"

/** The settings of an emergency command, from the environment and a file that is read once. */
export interface EmergencySettings {
  /** The absolute path of the state folder that is stopped. */
  readonly stateDir: string
  readonly mode: (typeof Config.Service)["mode"]
  /** The name of the `.env` that the API key comes from, if nobody named it. */
  readonly strangeKeyFile: Option.Option<string>
  /** Sentences about settings that are not understood, and about another state folder in a `.env` that nobody named. */
  readonly problems: ReadonlyArray<string>
  /** Sentences that an operator should know. */
  readonly notes: ReadonlyArray<string>
  /** The token database, and the one without the file that nobody named. */
  readonly tokenDbs: ReadonlyArray<string>
  /** The absolute paths of the state folders that servers use to which nobody named one, other than `stateDir`. */
  readonly usualDirs: ReadonlyArray<string>
  /** Decodes the settings of a need, whatever is wrong with the others. */
  readonly config: (needs: Needs.Needs) => Either.Either<typeof Config.Service, SettingsError>
  /** Decodes the same, without the settings that are wrong. */
  readonly partly: (needs: Needs.Needs) => typeof Config.Service
}

/** Settings that say what is stopped. Only the environment and a file that somebody named give them. */
const ofStop: ReadonlyArray<string> = [
  settings.mode.name,
  settings.stateDir.name,
  settings.databaseUrl.name,
  settings.databaseUrlFile.name
]

const empty: Source = new Map()

/**
 * Reads the settings of an emergency command from the environment and a file: `envFile`, or `.env` of the working directory.
 * A `.env` that nobody named might be a stranger's, so it chooses neither the mode nor the state folder. Lines that are not
 * understood are problems, and keep nothing else from being read. Fails only if no state folder is known.
 */
export const emergencySettings = (envFile: Option.Option<string>) =>
  Effect.suspend(() => {
    const file = Option.match(envFile, { onNone: () => readDotenv(), onSome: readNamed })
    return decodeEmergency(normalize(env), file, Option.isSome(envFile))
  })

/** Decodes the settings of an emergency command. `isNamed` says that somebody named the file. */
export const decodeEmergency = (
  environment: Source,
  file: DotenvFile,
  isNamed: boolean
): Either.Either<EmergencySettings, SettingsError> => {
  const trusted = isNamed ? file : withoutStop(file)
  const folder = folderOf(environment, trusted)
  if (folder.path === undefined) return Either.left(new SettingsError({ problems: folder.problems }))
  const found = { environment, whole: file, trusted, stateDir: resolve(folder.path) }
  return Either.right(settingsOf(found, [...problemsOf(environment, trusted), ...folder.problems]))
}

interface Found {
  readonly environment: Source
  /** The file, and what this command takes from it. */
  readonly whole: DotenvFile
  readonly trusted: DotenvFile
  readonly stateDir: string
}

const settingsOf = (found: Found, unread: ReadonlyArray<string>): EmergencySettings => {
  const { environment, stateDir, trusted, whole } = found
  const config = decoding(found, trusted)
  const partly = (needs: Needs.Needs) => decodeAll(found, trusted, needs).config
  const modeIn = (file: DotenvFile) =>
    Either.match(decoding(found, file)(Needs.mode), { onLeft: () => "live" as const, onRight: ({ mode }) => mode })
  const [mode, otherMode] = [modeIn(trusted), modeIn(whole)]
  const otherFolder = folderOf(environment, whole).path
  return {
    stateDir,
    mode,
    strangeKeyFile:
      trusted !== whole && !holdsKey(environment, trusted.source) && holdsKey(trusted.source, environment)
        ? Option.fromNullable(trusted.name)
        : Option.none(),
    problems: [
      ...(unread.length === 0 ? [] : [`Not all settings could be read. ${unread.join("; ")}.`]),
      ...(otherFolder === undefined || resolve(otherFolder) === stateDir
        ? []
        : [
            `${settings.stateDir.name} in ${whole.name} is another folder, ${resolve(otherFolder)}, which was left alone. If servers use it, name the file with --env-file.`
          ])
    ],
    notes:
      mode === otherMode
        ? []
        : [
            `${settings.mode.name} in ${whole.name} is ${otherMode}, which does not count here. If it is meant, name the file with --env-file.`
          ],
    usualDirs: usualFolders(environment).filter((folder) => folder !== stateDir),
    tokenDbs: [...new Set([trusted, trusted === whole ? trusted : noDotenv].flatMap(tokenDbIn(found)))],
    config,
    partly
  }
}

/** Lists the user's state folders: with the variables of this environment, and without them, as a desktop client has none. */
const usualFolders = (environment: Source): ReadonlyArray<string> => [
  ...new Set(
    [environment, empty].flatMap((source) => {
      const folder = stateFolder(source, platform)
      return folder === undefined ? [] : [resolve(folder)]
    })
  )
]

const tokenDbIn =
  (found: Found) =>
  (file: DotenvFile): ReadonlyArray<string> =>
    Either.match(decoding(found, file)(Needs.tokens), { onLeft: () => [], onRight: ({ tokenDb }) => [tokenDb] })

/** Leaves out what a file says of the mode and of the state folder. */
const withoutStop = (file: DotenvFile): DotenvFile => ({
  ...file,
  source: new Map([...file.source].filter(([name]) => !ofStop.includes(name))),
  refused: file.refused.filter(({ setting }) => setting === undefined || !ofStop.includes(setting))
})

/** Finds the state folder. One that is named and not understood is a problem, and the usual one takes its place. */
const folderOf = (environment: Source, file: DotenvFile) => {
  const { expected, name, parse } = settings.stateDir
  const text = merge(environment, file).merged.get(name)
  const given = text === undefined ? undefined : parse(text)
  const path = given ?? stateFolder(environment, platform)
  const isWrong = text !== undefined && given === undefined
  return {
    path,
    problems: [
      ...(isWrong ? [`${name}: expected ${expected}`] : []),
      ...(path === undefined && !isWrong ? [`${name}: expected, since this user has no home folder`] : [])
    ]
  }
}

/** Lists what is not understood, for the settings of an emergency. */
const problemsOf = (environment: Source, file: DotenvFile): ReadonlyArray<string> => [
  ...decode({ flags: empty, environment: empty, dotenv: { ...file, source: empty }, stateFolder: "/" }, Needs.panic)
    .problems,
  ...unknownSettings(new Map([...file.source, ...environment]), Needs.panic)
]

const decoding =
  (found: Found, file: DotenvFile): EmergencySettings["config"] =>
  (needs) => {
    const { config, problems } = decodeAll(found, file, needs)
    return problems.length === 0 ? Either.right(config) : Either.left(new SettingsError({ problems }))
  }

const decodeAll = ({ environment, stateDir }: Found, file: DotenvFile, needs: Needs.Needs) =>
  decode(
    {
      flags: empty,
      environment: withoutUnknown(environment).set(settings.stateDir.name, stateDir),
      dotenv: { ...file, source: withoutUnknown(file.source), problems: [], refused: [] },
      stateFolder: stateDir
    },
    needs
  )

/** Leaves out names of settings that do not exist, which are reported. */
const withoutUnknown = (source: Source): Map<string, string> =>
  new Map([...source].filter(([name]) => !name.startsWith("MCP_KRAKEN_") || isKnown(name)))
