import { homedir } from "node:os"
import { join } from "node:path"

/** Returns the user's home folder. Undefined if the user has none. */
export const homeFolder = (): string | undefined => {
  try {
    return homedir()
  } catch {
    return undefined
  }
}

/**
 * Expands `~` at the beginning of a path, as a shell does: values from a file or a client's configuration pass no shell.
 * Undefined for the home of another user (`~name`) and for a user without a home. A file of such a name is `./~name`.
 */
export const expandHome = (path: string): string | undefined => {
  if (!path.startsWith("~")) return path
  const home = homeFolder()
  return home !== undefined && /^~(?:[\\/]|$)/.test(path) ? join(home, path.slice(1)) : undefined
}
