// Lets Node run TypeScript sources directly: `node --import ./scripts/typescript.mjs FILE.ts`.
import { transform } from "esbuild"
import { readFile } from "node:fs/promises"
import { register } from "node:module"
import { isMainThread } from "node:worker_threads"

if (isMainThread) register(import.meta.url)

/** The same replacement of better-sqlite3 as in the bundle. */
const sqliteDriver = new URL("../src/layers/storage/driver.ts", import.meta.url).href

export const resolve = (specifier, context, next) =>
  next(specifier === "better-sqlite3" ? sqliteDriver : specifier, context)

export const load = async (url, context, next) => {
  if (!url.startsWith("file:") || !url.endsWith(".ts")) return next(url, context)
  const source = await readFile(new URL(url), "utf8")
  const { code } = await transform(source, { loader: "ts", format: "esm", target: "node20", sourcemap: "inline" })
  return { format: "module", source: code, shortCircuit: true }
}
