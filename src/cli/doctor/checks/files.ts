import { Effect, Option } from "effect"
import { accessSync, constants, readdirSync, statSync, type Stats } from "node:fs"
import { join } from "node:path"
import { expandHome } from "../../../layers/settings/homeFolder.ts"
import { type Setting, settings } from "../../../layers/settings/settingDefinitions.ts"
import { type Check, error, type Finding, info, skipped, warning } from "../kit/finding.ts"
import { type Installation, tokenFile } from "../kit/installation.ts"

/** Files and folders that only their owner should be able to read. Windows keeps access in lists that modes do not show. */
export const filesCheck: Check = {
  name: "files",
  run: (installation) =>
    Effect.sync(() => {
      const stateDir = Option.map(installation.config("stateDir"), ({ stateDir }) => stateDir)
      const tokenDb = installation.stdio ? Option.none() : tokenFile(installation.config)
      return [
        ...(Option.isNone(stateDir) ? skipped("the state folder") : stateFolder(stateDir.value, installation)),
        ...secretFiles(installation).flatMap((file) => secretFile(file, installation)),
        ...[...Option.match(stateDir, { onNone: () => [], onSome: databasesIn }), ...Option.toArray(tokenDb)].flatMap(
          (file) => databaseFile(file, installation)
        )
      ]
    })
}

const statsOf = (path: string): Stats | undefined => {
  try {
    return statSync(path)
  } catch {
    return undefined
  }
}

const modeOf = ({ mode }: Stats): string => (mode & 0o777).toString(8).padStart(4, "0")

/** Checks that other users than its owner can do something with a file or folder. */
const isExposed = (stats: Stats, { system: { platform } }: Installation): boolean =>
  platform !== "win32" && (stats.mode & 0o077) !== 0

const stateFolder = (folder: string, installation: Installation): ReadonlyArray<Finding> => {
  const stats = statsOf(folder)
  if (stats === undefined) return []
  if (!stats.isDirectory())
    return [error("folder.not-a-folder", `The state folder ${folder} is not a folder.`, "Set MCP_KRAKEN_STATE_DIR.")]
  const { uid } = installation.system
  const isOwn = uid === undefined || stats.uid === uid
  return [
    ...(isExposed(stats, installation)
      ? [
          warning(
            "folder.exposed",
            `Other users of this machine can use the state folder ${folder} (mode ${modeOf(stats)}).`,
            `chmod 700 ${folder}`
          )
        ]
      : []),
    ...(isOwn && !isWritable(folder)
      ? [
          error(
            "folder.not-writable",
            `The state folder ${folder} can't be written: no write is sent except cancels.`,
            "Give the user of the server access to it."
          )
        ]
      : [])
  ]
}

const isWritable = (folder: string): boolean => {
  try {
    accessSync(folder, constants.W_OK)
    return true
  } catch {
    return false
  }
}

/** Lists the files that hold secrets: of settings, if it has some, of the key, and of TLS. */
const secretFiles = ({ dotenv, stdio, variables }: Installation): ReadonlyArray<string> => {
  const holdsSecrets = Object.values(settings).some(
    (setting: Setting<unknown>) => setting.secret === true && dotenv.source.has(setting.name)
  )
  const named = [settings.keyFile, settings.secretFile, ...(stdio ? [] : [settings.sslKeyFile])]
  return [
    ...(holdsSecrets && dotenv.name !== undefined ? [dotenv.name] : []),
    ...named.flatMap(({ name, parse }) => parse(variables.get(name) ?? "") ?? [])
  ]
}

const secretFile = (file: string, installation: Installation): ReadonlyArray<Finding> => {
  const path = expandHome(file) ?? file
  const stats = statsOf(path)
  if (stats === undefined || !stats.isFile() || !isExposed(stats, installation)) return []
  const problem = `Other users of this machine can use ${path} (mode ${modeOf(stats)}), which holds secrets.`
  // A container has no other users, and gives secrets to all of them.
  return installation.system.isOwnContainer
    ? [info("file.secret-exposed", problem)]
    : [error("file.secret-exposed", problem, `chmod 600 ${path}`)]
}

const databasesIn = (folder: string): ReadonlyArray<string> => {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith(".db"))
      .toSorted()
      .map((name) => join(folder, name))
  } catch {
    return []
  }
}

const databaseFile = (file: string, installation: Installation): ReadonlyArray<Finding> =>
  [file, `${file}-wal`, `${file}-shm`].flatMap((path) => {
    const stats = statsOf(path)
    return stats === undefined || !isExposed(stats, installation)
      ? []
      : [
          warning(
            "file.database-exposed",
            `Other users of this machine can use ${path} (mode ${modeOf(stats)}).`,
            `chmod 600 ${path}`
          )
        ]
  })
