import { createRequire } from "node:module"
import process from "node:process"

const load = createRequire(import.meta.url)

/**
 * What `better-sqlite3` is wherever we are bundled or tested. Version 13 needs Node-API 10, that is Node 22.14, and ends
 * older ones by a segmentation fault. Version 12 is what they get: compiled for Node 24.19 and later it ends the process
 * by chance, when a statement is collected as garbage (nodejs/node#65446).
 */
const driver: typeof import("better-sqlite3") = load(
  Number(process.versions.napi) >= 10 ? "better-sqlite3-13" : "better-sqlite3"
)

export default driver
