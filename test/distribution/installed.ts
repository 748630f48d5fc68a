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
 * Installs the packed project with npm into an empty folder, without a network. The native module comes in packages
 * that contain this machine's build of it, since compiling the older version takes a minute.
 */
export const install = () => {
  const folder = mkdtempSync(join(tmpdir(), "mcp-kraken-installed-"))
  const [packed] = JSON.parse(npm(root, "pack", "--json", "--pack-destination", folder)) as ReadonlyArray<Packed>
  if (packed === undefined) throw new Error("npm pack made nothing")
  const app = join(folder, "app")
  mkdirSync(app)
  copyNativeModule(folder)
  const dependencies = {
    "better-sqlite3": `../${pack(folder, "better-sqlite3", ["bindings", "file-uri-to-path"])}`,
    "better-sqlite3-13": `../${pack(folder, "better-sqlite3-13", [])}`,
    "mcp-kraken": `../${packed.filename}`
  }
  writeFileSync(join(app, "package.json"), JSON.stringify({ private: true, dependencies }))
  npm(app, "install", "--offline", "--no-audit", "--no-fund")
  return { folder, app, bin: join(app, "node_modules/.bin/mcp-kraken"), files: packed.files.map(({ path }) => path) }
}

/** Makes a tarball as npm would fetch it, with bundled dependencies. */
const pack = (folder: string, name: string, helpers: ReadonlyArray<string>) => {
  const module = join(folder, name)
  renameSync(join(folder, "node_modules", name), module)
  mkdirSync(join(module, "node_modules"))
  for (const helper of helpers) {
    renameSync(join(folder, "node_modules", helper), join(module, "node_modules", helper))
  }
  const file = join(module, "package.json")
  const { dependencies: _, scripts: __, ...rest } = JSON.parse(readFileSync(file, "utf8"))
  const dependencies = Object.fromEntries(helpers.map((helper) => [helper, "*"]))
  writeFileSync(file, JSON.stringify({ ...rest, dependencies, bundleDependencies: helpers }))
  execFileSync("tar", ["-czf", `${name}.tgz`, name], { cwd: folder })
  return `${name}.tgz`
}

const npm = (cwd: string, ...args: ReadonlyArray<string>) =>
  execFileSync("npm", args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] })
