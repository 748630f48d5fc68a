import { Effect, Option } from "effect"
import { statSync } from "node:fs"
import { dirname, resolve } from "node:path"
import { type Check, error, type Finding, warning } from "../kit/finding.ts"
import { type Installation, tokenFile } from "../kit/installation.ts"
import type { Space } from "../kit/system.ts"

const mebibyte = 1024n * 1024n

/** The space below which a write might not be recorded, and that at which it is time to make room. */
const least = { full: 10n * mebibyte, nearlyFull: 100n * mebibyte }

/** The space that is left for the state folder and for the tokens. */
export const diskCheck: Check = {
  name: "disk",
  run: (installation) =>
    Effect.sync(() => {
      const seen = new Set<string>()
      return foldersOf(installation).flatMap((folder) => {
        const space = installation.system.spaceAt(existing(folder))
        if (space === undefined || seen.has(space.name)) return []
        seen.add(space.name)
        return findings(folder, space)
      })
    })
}

const foldersOf = ({ config, stdio }: Installation): ReadonlyArray<string> => [
  ...Option.toArray(Option.map(config("stateDir"), ({ stateDir }) => resolve(stateDir))),
  ...(stdio ? [] : Option.toArray(tokenFile(config)).map((file) => dirname(resolve(file))))
]

/** Finds the nearest folder above that exists, in which the server would make the others. */
const existing = (folder: string): string => {
  try {
    statSync(folder)
    return folder
  } catch {
    return dirname(folder) === folder ? folder : existing(dirname(folder))
  }
}

const findings = (folder: string, { bytes, hasFiles }: Space): ReadonlyArray<Finding> => {
  const left = `${bytes / mebibyte} MiB are left on the disk of ${folder}`
  if (!hasFiles)
    return [error("disk.full", `No more files can be made on the disk of ${folder}.`, "Remove files from it.")]
  if (bytes < least.full)
    return [error("disk.full", `Only ${left}: writes are refused once they can't be recorded.`, "Make room on it.")]
  return bytes < least.nearlyFull ? [warning("disk.nearly-full", `Only ${left}.`, "Make room on it.")] : []
}
