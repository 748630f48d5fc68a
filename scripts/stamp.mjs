#!/usr/bin/env node
// Writes into package.json and server.json what is known only when a release is made: its version, and the repository
// it comes from, by which the MCP registry knows whom the name belongs to.
//
//   node scripts/stamp.mjs VERSION OWNER/REPOSITORY
import { readFileSync, realpathSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { argv } from "node:process"
import { fileURLToPath } from "node:url"

/** Stamps what it is given; names in the MCP registry are of the form io.github.OWNER/NAME. */
export const stamp = ({ manifest, server }, version, repository) => {
  const [owner] = repository.split("/")
  const name = server.name.replace("OWNER", owner)
  const url = `https://github.com/${repository}`
  return {
    manifest: {
      ...manifest,
      version,
      mcpName: name,
      homepage: `${url}#readme`,
      bugs: `${url}/issues`,
      repository: { type: "git", url: `git+${url}.git` }
    },
    server: {
      ...server,
      name,
      version,
      repository: { url, source: "github" },
      packages: server.packages.map((it) => ({ ...it, version }))
    }
  }
}

const main = (version, repository) => {
  if (!/^\d+\.\d+\.\d+/.test(version ?? "") || !/^[\w.-]+\/[\w.-]+$/.test(repository ?? "")) {
    throw new Error("expected VERSION OWNER/REPOSITORY")
  }
  const at = (name) => join(fileURLToPath(new URL("..", import.meta.url)), name)
  const read = (name) => JSON.parse(readFileSync(at(name), "utf8"))
  const { manifest, server } = stamp(
    { manifest: read("package.json"), server: read("server.json") },
    version,
    repository
  )
  writeFileSync(at("package.json"), `${JSON.stringify(manifest, null, 2)}\n`)
  writeFileSync(at("server.json"), `${JSON.stringify(server, null, 2)}\n`)
}

if (realpathSync(argv[1]) === fileURLToPath(import.meta.url)) main(argv[2], argv[3])
