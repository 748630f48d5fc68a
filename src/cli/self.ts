import { basename, relative } from "node:path"
import process from "node:process"

/** How this program was called, so that what it suggests can be pasted. */
export const self = (script = process.argv[1] ?? "", folder = process.cwd()): string => {
  if (script.includes("/_npx/")) return "npx mcp-kraken"
  return script.endsWith(".mjs") ? `node ${relative(folder, script)}` : basename(script)
}
