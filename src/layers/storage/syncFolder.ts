import { closeSync, fsyncSync, openSync } from "node:fs"

/** Puts the names in a folder on the disk. */
export const syncFolder = (folder: string): void => {
  try {
    const opened = openSync(folder, "r")
    try {
      fsyncSync(opened)
    } finally {
      closeSync(opened)
    }
  } catch {
    // Windows does not sync folders.
  }
}
