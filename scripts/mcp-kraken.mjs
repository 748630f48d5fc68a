#!/usr/bin/env node
// Runs the command line of this clone, and builds it before if nobody has. Standard output belongs to the command.
//
//   node scripts/mcp-kraken.mjs COMMAND …     from any folder
//   npm run mcp-kraken -- COMMAND …           in this one
import { existsSync } from "node:fs"
import { dirname, join } from "node:path"
import { exit, stderr } from "node:process"
import { fileURLToPath, pathToFileURL } from "node:url"

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const entry = join(root, "dist", "main.mjs")

if (!existsSync(entry)) {
  if (!existsSync(join(root, "node_modules", "esbuild"))) {
    stderr.write(`The packages are not installed yet. In ${root}, run: npm ci\n`)
    exit(1)
  }
  stderr.write("Building dist/, once …\n")
  const { buildTo } = await import("./build.mjs")
  await buildTo("dist")
}
await import(pathToFileURL(entry).href)
