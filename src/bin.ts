#!/usr/bin/env node
import module from "node:module"
import { homedir } from "node:os"
import { isAbsolute, join } from "node:path"
import process from "node:process"
import v8 from "node:v8"
import { makeFolder } from "./layers/process/makeFolder.ts"
import { version } from "./version.ts"

/**
 * Keeps compiled code between runs from Node 22.8 on, which makes every start a third faster. The cache is in the user's
 * own folder, since its code runs unchecked and Node's default is a folder for temporary files that other users share.
 */
const keepCompiledCode = () => {
  if (!("enableCompileCache" in module) || typeof module.enableCompileCache !== "function") return
  try {
    const folder = join(homedir(), ".cache", "mcp-kraken")
    // With an empty `HOME` it would be in the working directory, which can be a stranger's.
    if (!isAbsolute(folder)) return
    // Node might try for ever to make a folder that can't be made.
    makeFolder(folder)
    module.enableCompileCache(folder)
  } catch {
    // A user without a home folder that can be written has no cache.
  }
}

/**
 * Lets V8's old generation grow by half before it is collected. V8 lets a small one grow fourfold, so that a server with
 * 25 MB in use soon took 200. This costs a call about a twentieth of its processor time.
 */
const boundMemory = () => v8.setFlagsFromString("--heap-growing-percent=50")

// Scripts ask for the version often, so it loads nothing else.
if (process.argv.length === 3 && /^(--)?version$/.test(process.argv[2] ?? "")) {
  // The reader might have closed the stream.
  process.stdout.on("error", () => undefined).write(`${version}\n`)
} else {
  keepCompiledCode()
  boundMemory()
  await import("./Main.ts")
}
