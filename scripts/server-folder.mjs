// The server in a folder of its own, as bundles for clients carry it: our code, and the native module beside it.
import { cpSync } from "node:fs"
import { dirname, join } from "node:path"
import { env } from "node:process"
import { fileURLToPath } from "node:url"
import { buildTo, versionOf } from "./build.mjs"
import { copyNativeModule } from "./native-module.mjs"

export const root = dirname(dirname(fileURLToPath(import.meta.url)))

export const version = env.MCP_KRAKEN_VERSION?.replace(/^v/, "") || versionOf(root)

/**
 * Builds into `dist/NAME`, and copies that to a folder with the native module: for this kind of machine, or for each that
 * there is one for. The folder depends on nothing outside: what the lock names is in it.
 */
export const makeServerFolder = async (name, folder, machines = "this") => {
  const entry = await buildTo(join("dist", name))
  cpSync(dirname(entry), folder, { recursive: true })
  copyNativeModule(folder, root, machines)
}
