import { parse } from "dotenv"
import { readFileSync } from "node:fs"
import { homedir } from "node:os"
import { join } from "node:path"
import type { Source } from "./decode.ts"

/** Names in capitals; what is empty counts as not set. */
export const normalize = (variables: { readonly [name: string]: string | undefined }): Source =>
  new Map(
    Object.entries(variables).flatMap(([name, value]) =>
      value === undefined || value.trim() === "" ? [] : [[name.toUpperCase(), value.trim()] as const]
    )
  )

/** `.env` of the working directory, taken literally; empty where there is none. */
export const dotenv = (): Source => {
  try {
    return normalize(parse(readFileSync(".env")))
  } catch {
    return new Map()
  }
}

/** Where programs of this user keep what they must remember. */
export const stateFolder = (environment: Source, platform: NodeJS.Platform): string => {
  if (platform === "darwin") return join(homedir(), "Library", "Application Support", "mcp-kraken")
  if (platform === "win32") {
    return join(environment.get("LOCALAPPDATA") ?? join(homedir(), "AppData", "Local"), "mcp-kraken")
  }
  return join(environment.get("XDG_STATE_HOME") ?? join(homedir(), ".local", "state"), "mcp-kraken")
}
