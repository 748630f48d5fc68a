#!/usr/bin/env node
// Writes release data into package.json and server.json: the version, and the repository, by which the MCP registry
// verifies the owner of the name. The README gets the address of the repository. With the folder of the release's bundles, also their addresses and hashes, so that a
// client of the registry runs exactly these. (With npx, the folder in which it starts would decide.)
//
//   node scripts/stamp.mjs VERSION OWNER/REPOSITORY [FOLDER]
import { createHash } from "node:crypto"
import { readdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { argv } from "node:process"
import { fileURLToPath } from "node:url"

/**
 * Adds the release data. Names in the MCP registry have the form io.github.OWNER/NAME. `bundles` have a name and bytes.
 */
export const stamp = ({ manifest, server }, version, repository, bundles = []) => {
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
      packages:
        bundles.length === 0
          ? server.packages.map((it) => ({ ...it, version }))
          : server.packages.flatMap((it) =>
              bundles.map(({ bytes, name }) => ({
                ...it,
                identifier: `${url}/releases/download/v${version}/${name}`,
                version,
                fileSha256: createHash("sha256").update(bytes).digest("hex")
              }))
            )
    }
  }
}

/** Puts the address of the repository into a document. */
export const stampDocument = (text, repository) =>
  text.replaceAll("github.com/OWNER/mcp-kraken", `github.com/${repository}`)

const main = (version, repository, folder) => {
  if (!/^\d+\.\d+\.\d+/.test(version ?? "") || !/^[\w.-]+\/[\w.-]+$/.test(repository ?? "")) {
    throw new Error("expected VERSION OWNER/REPOSITORY [FOLDER]")
  }
  const at = (name) => join(fileURLToPath(new URL("..", import.meta.url)), name)
  const read = (name) => JSON.parse(readFileSync(at(name), "utf8"))
  const bundles = (folder === undefined ? [] : readdirSync(folder))
    .filter((name) => name.endsWith(".mcpb"))
    .map((name) => ({ name, bytes: readFileSync(join(folder, name)) }))
  if (folder !== undefined && bundles.length === 0) throw new Error(`expected bundles in ${folder}`)
  const given = { manifest: read("package.json"), server: read("server.json") }
  const { manifest, server } = stamp(given, version, repository, bundles)
  writeFileSync(at("package.json"), `${JSON.stringify(manifest, null, 2)}\n`)
  writeFileSync(at("server.json"), `${JSON.stringify(server, null, 2)}\n`)
  writeFileSync(at("README.md"), stampDocument(readFileSync(at("README.md"), "utf8"), repository))
}

if (realpathSync(argv[1]) === fileURLToPath(import.meta.url)) main(argv[2], argv[3], argv[4])
