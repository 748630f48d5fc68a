import { existsSync, readFileSync, statfsSync, statSync } from "node:fs"
import process, { env } from "node:process"

/** The space that is left on a file system, in bytes. */
export interface Space {
  readonly bytes: bigint
  /** False if no more file can be made, although there might be bytes left. */
  readonly hasFiles: boolean
  /** A name of the file system. */
  readonly name: string
}

/** The facts of the machine that the checks look at. Tests replace some. */
export interface System {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly platform: NodeJS.Platform
  readonly nodeVersion: string
  /** The user that runs this program. Undefined on Windows. */
  readonly uid: number | undefined
  /** True in a container that was made for the server. Others, such as one for development, are like a machine. */
  readonly isOwnContainer: boolean
  /** Reads the space on the file system of a folder that exists. Undefined if the system does not tell. */
  readonly spaceAt: (folder: string) => Space | undefined
}

const isContainer = (): boolean =>
  existsSync("/.dockerenv") ||
  existsSync("/run/.containerenv") ||
  env["container"] !== undefined ||
  env["KUBERNETES_SERVICE_HOST"] !== undefined

/** The command line of this program, with or without an init process before it. */
const serverProcess = /mcp-kraken|\bmain\.mjs\b/

/** Reads the command line of the first process of the container. */
const firstProcess = (): string => {
  try {
    return readFileSync("/proc/1/cmdline", "utf8")
  } catch {
    return ""
  }
}

export const thisSystem: System = {
  environment: env,
  platform: process.platform,
  nodeVersion: process.versions.node,
  uid: process.getuid?.(),
  get isOwnContainer() {
    return isContainer() && serverProcess.test(firstProcess())
  },
  spaceAt: (folder) => {
    try {
      const { bavail, bsize, ffree, files } = statfsSync(folder, { bigint: true })
      // Some file systems count no files.
      return { bytes: bavail * bsize, hasFiles: files === 0n || ffree > 0n, name: String(statSync(folder).dev) }
    } catch {
      return undefined
    }
  }
}
