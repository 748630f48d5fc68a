#!/usr/bin/env node
// Completes package-lock.json with the optional platform packages that `npm install` leaves out.
//
// npm drops every optional package from the lock that it could not fetch when the lock was made, and then `npm ci`
// refuses that lock on every machine. Each parent names its platform packages with their versions, so the missing
// entries can be derived; npm finds their addresses by name and version when needed. Registry addresses are removed, so
// that the lock works with any registry.
//
//   node scripts/complete-lock.mjs           complete the lock
//   node scripts/complete-lock.mjs --check   only list missing entries, and exit with 1 if there are any
import { readFileSync, realpathSync, writeFileSync } from "node:fs"
import { argv, exit } from "node:process"
import { fileURLToPath } from "node:url"

/** Adds missing entries and removes registry addresses. Returns one sentence for each change. */
export const completeLock = (lock) => {
  const changes = []
  for (const [path, entry] of Object.entries(lock.packages)) {
    if (entry.resolved?.startsWith("http")) {
      delete entry.resolved
      changes.push(`${path}: address of a registry`)
    }
    for (const [name, range] of Object.entries(entry.optionalDependencies ?? {})) {
      const version = range.replace(/^[\^~]/, "")
      const found = find(lock.packages, path, name)
      // A range accepts npm's choice; an exact version accepts only itself.
      if (found && (range !== version || found.version === version)) continue
      const at = lock.packages[`node_modules/${name}`] ? `${path}/node_modules/${name}` : `node_modules/${name}`
      lock.packages[at] = entryFor(name, version, entry)
      changes.push(`${at}: optional package of ${path} is missing`)
    }
  }
  if (changes.length > 0) {
    lock.packages = Object.fromEntries(Object.entries(lock.packages).toSorted(([a], [b]) => a.localeCompare(b, "en")))
  }
  return changes
}

/** Finds the package that Node loads when the one at `path` imports it. */
const find = (packages, path, name) => {
  for (let folder = path; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf("/node_modules/")))) {
    const at = folder === "" ? `node_modules/${name}` : `${folder}/node_modules/${name}`
    if (packages[at]) return packages[at]
    if (folder === "") return undefined
  }
}

const systems = ["aix", "android", "darwin", "freebsd", "linux", "netbsd", "openbsd", "openharmony", "sunos", "win32"]
const processors = ["arm", "arm64", "ia32", "loong64", "mips64el", "ppc64", "riscv64", "s390x", "wasm32", "x64"]

/** Names of systems and processors in package names that differ from Node's. */
const otherNames = { armv7: "arm", windows: "win32" }

const entryFor = (name, version, parent) => {
  const words = name
    .slice(name.indexOf("/") + 1)
    .split("-")
    .map((word) => otherNames[word] ?? word)
  const os = words.filter((word) => systems.includes(word))
  const cpu = words.filter((word) => processors.includes(word))
  return {
    version,
    ...(cpu.length > 0 && { cpu }),
    ...(parent.dev && { dev: true }),
    ...(parent.devOptional && { devOptional: true }),
    ...(os.includes("linux") && libc(words)),
    optional: true,
    ...(os.length > 0 && { os }),
    ...(parent.peer && { peer: true })
  }
}

const libc = (words) => {
  if (words.some((word) => word.startsWith("musl"))) return { libc: ["musl"] }
  if (words.some((word) => word.startsWith("gnu") || word === "glibc")) return { libc: ["glibc"] }
  return {}
}

if (realpathSync(argv[1]) === fileURLToPath(import.meta.url)) {
  const file = new URL("../package-lock.json", import.meta.url)
  const lock = JSON.parse(readFileSync(file, "utf8"))
  const changes = completeLock(lock)
  const check = argv.includes("--check")
  for (const change of changes) console.error(change)
  if (check && changes.length > 0) console.error("package-lock.json: run `npm run fix`")
  if (!check && changes.length > 0) writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`)
  exit(check && changes.length > 0 ? 1 : 0)
}
