import { basename, relative } from "node:path"
import process from "node:process"

/** Returns the command by which this program was started, so that suggested commands can be pasted. */
export const self = (script = process.argv[1] ?? "", folder = process.cwd()): string => {
  // Started by npx from its cache, or from the folder in which it is installed.
  if (/[\\/](?:_npx|node_modules[\\/]\.bin)[\\/]/.test(script)) return "npx mcp-kraken"
  return script.endsWith(".mjs") ? `node ${relative(folder, script)}` : basename(script)
}
