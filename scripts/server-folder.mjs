// Assembles the server in a folder, as bundles for clients contain it: the built program with the native module beside
// it.
import { cpSync } from "node:fs"
import { dirname, join } from "node:path"
import { env } from "node:process"
import { fileURLToPath } from "node:url"
import { buildTo, versionOf } from "./build.mjs"
import { copyNativeModule } from "./native-module.mjs"

export const root = dirname(dirname(fileURLToPath(import.meta.url)))

export const version = env.MCP_KRAKEN_VERSION?.replace(/^v/, "") || versionOf(root)

/**
 * Builds into `dist/NAME`, and copies the result to a folder with the native module, for this kind of machine or for
 * all. The folder is self-contained: it holds everything that the lock names.
 */
export const makeServerFolder = async (name, folder, machines = "this") => {
  const entry = await buildTo(join("dist", name))
  cpSync(dirname(entry), folder, { recursive: true })
  copyNativeModule(folder, root, machines)
}
