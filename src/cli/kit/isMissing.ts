import { statSync } from "node:fs"

/** Checks that there is no file. A file that can't be reached is not missing: opening it says why. */
export const isMissing = (file: string): boolean => {
  try {
    statSync(file)
    return false
  } catch (error) {
    return Object(error).code === "ENOENT"
  }
}
