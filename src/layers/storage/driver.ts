import { createRequire } from "node:module"
import process from "node:process"

const load = createRequire(import.meta.url)

/**
 * The version of `better-sqlite3` that fits this Node; bundle and tests resolve `better-sqlite3` to this file. Version
 * 13 needs Node-API 10 (Node 22.14) and crashes older ones with a segmentation fault. Older ones load version 12.
 * Compiled for Node 24.19 and later, version 12 sometimes crashes the process when a statement is garbage-collected
 * (nodejs/node#65446).
 */
const driver: typeof import("better-sqlite3") = load(
  Number(process.versions.napi) >= 10 ? "better-sqlite3-13" : "better-sqlite3"
)

export default driver
