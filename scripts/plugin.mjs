#!/usr/bin/env node
// Assembles the plugin, which starts the server that it contains and downloads nothing. It contains the native module for
// every kind of machine, in the version for Node 22.14 and later. One folder serves all clients: Claude Code reads
// .claude-plugin and .mcp.json, Gemini CLI gemini-extension.json, and clients of the Agent Plugins specification, such as
// Codex, Cursor and VS Code, read plugin.json and mcp.json.
//
//   npm run plugin             into plugin/server, which makes this repository a complete marketplace
//   npm run plugin -- FOLDER   into FOLDER/mcp-kraken-plugin-VERSION.zip, a marketplace of its own, for a release
import { zipSync } from "fflate"
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, relative, resolve } from "node:path"
import { argv } from "node:process"
import { makeServerFolder, root, version } from "./server-folder.mjs"

/** Manifests that name the version, relative to the plugin. */
const manifests = [".claude-plugin/plugin.json", "plugin.json", "gemini-extension.json"]

const inPlace = async () => {
  const server = join(root, "plugin/server")
  rmSync(server, { recursive: true, force: true })
  await makeServerFolder("plugin", server, "all")
  return server
}

const asArchive = async (folder) => {
  const name = `mcp-kraken-plugin-${version}`
  const work = mkdtempSync(join(tmpdir(), "mcp-kraken-plugin-"))
  try {
    const at = (path) => join(work, name, path)
    for (const path of ["LICENSE", ".agents", ".claude-plugin", "plugin"]) {
      cpSync(join(root, path), at(path), {
        recursive: true,
        filter: (source) => source !== join(root, "plugin/server")
      })
    }
    for (const manifest of manifests.map((path) => at(join("plugin", path)))) {
      writeFileSync(manifest, JSON.stringify({ ...JSON.parse(readFileSync(manifest, "utf8")), version }, null, 2))
    }
    await makeServerFolder("plugin", at("plugin/server"), "all")
    const files = readdirSync(work, { recursive: true })
      .map((path) => join(work, path))
      .filter((path) => statSync(path).isFile())
      .toSorted()
    const entries = files.map((path) => [relative(work, path).replaceAll("\\", "/"), readFileSync(path)])
    const archive = resolve(folder, `${name}.zip`)
    writeFileSync(archive, zipSync(Object.fromEntries(entries)))
    return archive
  } finally {
    rmSync(work, { recursive: true })
  }
}

console.log(await (argv[2] === undefined ? inPlace() : asArchive(argv[2])))
