import { execFileSync } from "node:child_process"
import { mkdirSync, mkdtempSync, readFileSync, renameSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { copyNativeModule } from "../../scripts/native-module.mjs"

const root = resolve(import.meta.dirname, "../..")

interface Packed {
  readonly filename: string
  readonly files: ReadonlyArray<{ readonly path: string }>
}

/**
 * The packed project, installed by npm into an empty folder without a network. To compile the native module again would
 * take a minute: it comes as a package that holds the one which is built already.
 */
export const install = () => {
  const folder = mkdtempSync(join(tmpdir(), "mcp-kraken-installed-"))
  const [packed] = JSON.parse(npm(root, "pack", "--json", "--pack-destination", folder)) as ReadonlyArray<Packed>
  if (packed === undefined) throw new Error("npm pack made nothing")
  const app = join(folder, "app")
  mkdirSync(app)
  const dependencies = { "better-sqlite3": `../${packNativeModule(folder)}`, "mcp-kraken": `../${packed.filename}` }
  writeFileSync(join(app, "package.json"), JSON.stringify({ private: true, dependencies }))
  npm(app, "install", "--offline", "--no-audit", "--no-fund")
  return { folder, app, bin: join(app, "node_modules/.bin/mcp-kraken"), files: packed.files.map(({ path }) => path) }
}

/** A tarball as npm would fetch it, with its two helpers inside. */
const packNativeModule = (folder: string) => {
  const names = copyNativeModule(folder)
  const [module, bundled] = [join(folder, "package"), names.filter((name) => name !== "better-sqlite3")]
  renameSync(join(folder, "node_modules/better-sqlite3"), module)
  renameSync(join(folder, "node_modules"), join(module, "node_modules"))
  const file = join(module, "package.json")
  const { dependencies: _, scripts: __, ...rest } = JSON.parse(readFileSync(file, "utf8"))
  const dependencies = Object.fromEntries(bundled.map((name) => [name, "*"]))
  writeFileSync(file, JSON.stringify({ ...rest, dependencies, bundleDependencies: bundled }))
  execFileSync("tar", ["-czf", "better-sqlite3.tgz", "package"], { cwd: folder })
  return "better-sqlite3.tgz"
}

const npm = (cwd: string, ...args: ReadonlyArray<string>) =>
  execFileSync("npm", args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] })
