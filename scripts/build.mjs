#!/usr/bin/env node
// Bundles src/bin.ts and everything that it loads into dist/main.mjs and its chunks. Prints nothing on standard output,
// which belongs to the protocol when `npm start` goes on to serve it.
import { build } from "esbuild"
import { execFileSync } from "node:child_process"
import { chmodSync, copyFileSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { argv, env } from "node:process"
import { fileURLToPath } from "node:url"
import { writeParts } from "./parts.mjs"

const root = dirname(dirname(fileURLToPath(import.meta.url)))

/**
 * Reads `import { Effect } from "effect"` as `import * as Effect from "effect/Effect"`. The former imports an object
 * with everything in that module, all of which a bundler has to keep.
 */
const effectByModule = {
  name: "effect-by-module",
  setup: ({ onLoad }) => {
    onLoad({ filter: /[\\/]src[\\/].*\.ts$/ }, ({ path }) => ({
      contents: readFileSync(path, "utf8").replace(/^import \{([^}]*)\} from "effect"$/gm, (_, names) =>
        byModule(names)
      ),
      loader: "ts"
    }))
  }
}

const byModule = (names) => {
  const all = names.split(",").map((name) => name.trim())
  const isModule = (name) => /^[A-Z]\w*$/.test(name)
  const modules = all.filter(isModule).map((name) => `import * as ${name} from "effect/${name}"`)
  const others = all.filter((name) => !isModule(name) && !name.startsWith("type "))
  // Even an import without a name would make the first chunk contain all of Effect that any part uses.
  return (others.length === 0 ? modules : [...modules, `import { ${others.join()} } from "effect"`]).join("; ")
}

/**
 * The file that chooses the version of better-sqlite3, both for this program and for the library that imports it by
 * name.
 */
export const sqliteDriver = join(root, "src/layers/storage/driver.ts")

const sqliteByDriver = {
  name: "sqlite-by-driver",
  setup: ({ onResolve }) => {
    onResolve({ filter: /^better-sqlite3$/ }, () => ({ path: sqliteDriver }))
  }
}

/** Bundles into a folder, with entries beside the program itself. The metafile of the result lists the bundled files. */
export const bundle = (folder, write = true, entries = {}) =>
  build({
    absWorkingDir: root,
    entryPoints: { main: "src/bin.ts", ...entries },
    outdir: folder,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    // Smaller files start faster. Names are kept for stack traces.
    minifyWhitespace: true,
    minifySyntax: true,
    splitting: true,
    platform: "node",
    format: "esm",
    target: "node20",
    // CommonJS packages inside an ESM bundle call `require`. The alias leaves the name free for code that imports it.
    banner: {
      js: "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);"
    },
    define: {
      __BUNDLED__: "true",
      __VERSION__: JSON.stringify(builtVersion()),
      // Optional native helpers of ws, which can't be bundled.
      "process.env.WS_NO_BUFFER_UTIL": '"1"',
      "process.env.WS_NO_UTF_8_VALIDATE": '"1"'
    },
    // Its main file loads its parts in a way that a bundler does not see.
    alias: { "jsonc-parser": "jsonc-parser/lib/esm/main.js" },
    plugins: [effectByModule, sqliteByDriver],
    metafile: true,
    write,
    logLevel: "warning"
  })

const builtVersion = () => env.MCP_KRAKEN_VERSION?.replace(/^v/, "") || versionOf(root)

/** The files that src/layers/pictures reads beside the bundle, and the packages that bring them. */
const pictureFiles = {
  "resvg.wasm": "@resvg/resvg-wasm/index_bg.wasm",
  "inter.woff2": "@fontsource/inter/files/inter-latin-400-normal.woff2"
}

/** Copies the renderer of pictures and its font into a folder, with their licences. */
const copyPictureFiles = (folder) => {
  const packages = join(root, "node_modules")
  for (const [name, path] of Object.entries(pictureFiles)) copyFileSync(join(packages, path), join(folder, name))
  const { license, version } = JSON.parse(readFileSync(join(packages, "@resvg/resvg-wasm/package.json"), "utf8"))
  const notice = [
    `resvg.wasm is @resvg/resvg-wasm ${version}, unchanged, under ${license} (https://mozilla.org/MPL/2.0/).`,
    "Its source is at https://github.com/yisibl/resvg-js.",
    "",
    "inter.woff2 is the font Inter:",
    "",
    readFileSync(join(packages, "@fontsource/inter/LICENSE"), "utf8")
  ]
  writeFileSync(join(folder, "pictures-licenses.txt"), notice.join("\n"))
}

/** Builds into a folder (inside the project, so that better-sqlite3 is found) and returns the path of the entry. */
export const buildTo = async (folder, entries) => {
  const { metafile } = await bundle(folder, true, entries)
  const written = new Set(Object.keys(metafile.outputs).map((path) => join(root, path)))
  for (const name of readdirSync(join(root, folder))) {
    const path = join(root, folder, name)
    if (name.endsWith(".mjs") && !written.has(path)) rmSync(path)
  }
  copyPictureFiles(join(root, folder))
  writeParts(root, join(root, folder), Object.keys(metafile.inputs), builtVersion())
  const entry = join(root, folder, "main.mjs")
  chmodSync(entry, 0o755)
  return entry
}

/** Returns the tag vX.Y.Z of a folder's commit, or else a development version that names the commit. */
export const versionOf = (folder) => {
  const git = (...args) =>
    execFileSync("git", args, { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim()
  try {
    // The folder might be inside another repository, whose tags are unrelated.
    if (git("rev-parse", "--show-prefix") !== "") return "0.0.0-dev"
    // A release is newer than its own candidates.
    const newest = ["-c", "versionsort.suffix=-rc", "tag", "--sort=-version:refname"]
    const [tag] = git(...newest, "--points-at", "HEAD", "--list", "v[0-9]*").split("\n")
    return tag ? tag.slice(1) : `0.0.0-dev+${git("rev-parse", "--short=7", "HEAD")}`
  } catch {
    return "0.0.0-dev"
  }
}

if (realpathSync(argv[1]) === fileURLToPath(import.meta.url)) await buildTo("dist")
