import { homedir } from "node:os"
import { isAbsolute, join } from "node:path"

/**
 * Returns the user's home folder. Undefined if the user has none, or if `HOME` is empty or relative: state would then be in
 * the working directory, apart from that of the same user's other servers.
 */
export const homeFolder = (): string | undefined => {
  try {
    const home = homedir()
    return isAbsolute(home) ? home : undefined
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
