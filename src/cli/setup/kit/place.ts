import { posix, win32 } from "node:path"

/** The facts of a machine and its user by which the files of clients are found. */
export interface Place {
  readonly platform: NodeJS.Platform
  /** The absolute path of the user's home folder. */
  readonly home: string
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** The rules for paths of the machine's system, also where this program runs on another. */
export const pathsOf = ({ platform }: Place): typeof posix => (platform === "win32" ? win32 : posix)

/** Joins a path below the home folder. */
export const inHome = (place: Place, ...names: ReadonlyArray<string>): string =>
  pathsOf(place).join(place.home, ...names)

/** Returns the folder that a variable names if that is an absolute path, else another one. */
export const folderIn = (place: Place, variable: string, otherwise: string): string => {
  const given = place.environment[variable]?.trim()
  return given !== undefined && pathsOf(place).isAbsolute(given) ? given : otherwise
}

/** Joins a path below the folder in which desktop programs keep their settings. */
export const inSettings = (place: Place, ...names: ReadonlyArray<string>): string =>
  pathsOf(place).join(settingsFolder(place), ...names)

const settingsFolder = (place: Place): string => {
  if (place.platform === "darwin") return inHome(place, "Library", "Application Support")
  if (place.platform === "win32") return folderIn(place, "APPDATA", inHome(place, "AppData", "Roaming"))
  return folderIn(place, "XDG_CONFIG_HOME", inHome(place, ".config"))
}

/** Lists the paths that a program can have by its name, in the order in which a shell looks for it. */
export const programPaths = (place: Place, name: string): ReadonlyArray<string> => {
  const { delimiter, isAbsolute, join } = pathsOf(place)
  const { environment, platform } = place
  const path = Object.entries(environment).find(([name]) =>
    platform === "win32" ? name.toUpperCase() === "PATH" : name === "PATH"
  )?.[1]
  // A script (.cmd) needs a shell, which reads its arguments in a way of its own.
  const file = platform === "win32" ? `${name}.exe` : name
  return (path ?? "")
    .split(delimiter)
    .filter((folder) => isAbsolute(folder))
    .map((folder) => join(folder, file))
}
