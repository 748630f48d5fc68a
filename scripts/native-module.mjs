#!/usr/bin/env node
// Copies better-sqlite3, which the bundle needs beside it, into FOLDER/node_modules, for this kind of machine. Of
// version 13, that is the binary in its package, which fits Node 22.14 and later. Of version 12, if installed, it is
// the binary built for this Node, and the two packages by which it finds that binary. Sources and tools (50 MB) are
// left out.
//
//   node scripts/native-module.mjs FOLDER [PROJECT]
import { cpSync, existsSync, realpathSync } from "node:fs"
import { dirname, join } from "node:path"
import { arch, argv, platform } from "node:process"
import { fileURLToPath } from "node:url"

const root = dirname(dirname(fileURLToPath(import.meta.url)))

const prebuilds = { this: `prebuilds/${platform}-${arch}.node`, all: "prebuilds" }

const modern = (machines) => ({ "better-sqlite3-13": ["package.json", "LICENSE", "lib", prebuilds[machines]] })

const older = {
  "better-sqlite3": ["package.json", "LICENSE", "lib", "build/Release/better_sqlite3.node"],
  bindings: ["package.json", "LICENSE.md", "bindings.js"],
  "file-uri-to-path": ["package.json", "LICENSE", "index.js"]
}

/**
 * Copies both versions, or only the modern one if the other was not installed or built. `machines` is `this`, or `all`
 * for the modern version's binaries for every kind of machine.
 */
export const copyNativeModule = (folder, project = root, machines = "this") => {
  const has = (name, path) => existsSync(join(project, "node_modules", name, path))
  const isBuilt = older["better-sqlite3"].every((path) => has("better-sqlite3", path))
  for (const [name, paths] of Object.entries({ ...modern(machines), ...(isBuilt && older) })) {
    for (const path of paths) {
      const [from, to] = [project, folder].map((place) => join(place, "node_modules", name, path))
      cpSync(from, to, { recursive: true })
    }
  }
}

if (realpathSync(argv[1]) === fileURLToPath(import.meta.url)) copyNativeModule(argv[2], argv[3])
