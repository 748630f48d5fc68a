import { basename, relative } from "node:path"
import process from "node:process"

/** How this program was called, so that what it suggests can be pasted. */
export const self = (script = process.argv[1] ?? "", folder = process.cwd()): string => {
  // By npx from its cache, or from the folder in which it is installed.
  if (/[\\/](?:_npx|node_modules[\\/]\.bin)[\\/]/.test(script)) return "npx mcp-kraken"
  return script.endsWith(".mjs") ? `node ${relative(folder, script)}` : basename(script)
}
