import { mkdirSync, statSync } from "node:fs"
import { dirname } from "node:path"

/**
 * Makes a folder for its owner only, and those above it that are missing. Throws if one of them can't be made.
 *
 * `recursive` of `mkdirSync` does not end in a file system such as `/proc`, which answers ENOENT for a new folder in one
 * that exists: Node then makes the upper one again, for ever.
 */
export const makeFolder = (folder: string): void => {
  try {
    mkdirSync(folder, { mode: 0o700 })
  } catch (error) {
    const { code } = Object(error)
    if (code === "ENOENT" && dirname(folder) !== folder && !isFolder(dirname(folder))) {
      makeFolder(dirname(folder))
      return makeFolder(folder)
    }
    // A read-only file system refuses a folder that exists with other codes than EEXIST.
    if (!isFolder(folder)) throw error
  }
}

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
