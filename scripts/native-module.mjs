#!/usr/bin/env node
// Copies what the bundle needs beside it into FOLDER/node_modules: better-sqlite3 as it was built for this machine and
// the two packages by which it finds its binary. The sources and tools that it was built with (30 MB) stay behind.
//
//   node scripts/native-module.mjs FOLDER [PROJECT]
import { cpSync, realpathSync } from "node:fs"
import { dirname, join } from "node:path"
import { argv } from "node:process"
import { fileURLToPath } from "node:url"

const root = dirname(dirname(fileURLToPath(import.meta.url)))

const needed = {
  "better-sqlite3": ["package.json", "LICENSE", "lib", "build/Release/better_sqlite3.node"],
  bindings: ["package.json", "LICENSE.md", "bindings.js"],
  "file-uri-to-path": ["package.json", "LICENSE", "index.js"]
}

/** Answers the names of the packages that were copied. */
export const copyNativeModule = (folder, project = root) => {
  for (const [name, paths] of Object.entries(needed)) {
    for (const path of paths) {
      const [from, to] = [project, folder].map((place) => join(place, "node_modules", name, path))
      cpSync(from, to, { recursive: true })
    }
  }
  return Object.keys(needed)
}

if (realpathSync(argv[1]) === fileURLToPath(import.meta.url)) copyNativeModule(argv[2], argv[3])
