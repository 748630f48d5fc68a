#!/usr/bin/env node
import module from "node:module"
import { homedir } from "node:os"
import { join } from "node:path"
import process from "node:process"
import { version } from "./version.ts"

/**
 * From Node 22.8 on, compiled code is kept between runs, which takes a third off every start. It is kept in the user's
 * own folder: what is found there runs unchecked, and Node's default is a folder for temporary files that others share.
 */
const keepCompiledCode = () => {
  if (!("enableCompileCache" in module) || typeof module.enableCompileCache !== "function") return
  try {
    module.enableCompileCache(join(homedir(), ".cache", "mcp-kraken"))
  } catch {
    // A user without a home compiles each time.
  }
}

// Scripts ask for the version at every turn; it needs none of the rest.
if (process.argv.length === 3 && /^(--)?version$/.test(process.argv[2] ?? "")) {
  // A reader that has gone wants nothing more.
  process.stdout.on("error", () => undefined).write(`${version}\n`)
} else {
  keepCompiledCode()
  await import("./Main.ts")
}
