#!/usr/bin/env node
// Packs the bundle for Claude Desktop, mcp-kraken-VERSION-SYSTEM-PROCESSOR.mcpb: one for each kind of machine, since it
// contains the native module. If that module can't be loaded, the server over stdio counts nonces in memory and logs
// that.
//
//   npm run mcpb [FOLDER]
import { packExtension } from "@anthropic-ai/mcpb"
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { arch, argv, cwd, exit, platform } from "node:process"
import { makeServerFolder, root, version } from "./server-folder.mjs"

const folder = mkdtempSync(join(tmpdir(), "mcp-kraken-mcpb-"))
try {
  await makeServerFolder("mcpb", join(folder, "server"))
  cpSync(join(root, "LICENSE"), join(folder, "LICENSE"))
  cpSync(join(root, "mcpb/icon.png"), join(folder, "icon.png"))
  const manifest = JSON.parse(readFileSync(join(root, "mcpb/manifest.json"), "utf8"))
  const compatibility = { ...manifest.compatibility, platforms: [platform] }
  writeFileSync(join(folder, "manifest.json"), JSON.stringify({ ...manifest, version, compatibility }, null, 2))
  const outputPath = resolve(argv[2] ?? cwd(), `mcp-kraken-${version}-${platform}-${arch}.mcpb`)
  // It validates the manifest against its schema first.
  const packed = await packExtension({ extensionPath: folder, outputPath, silent: true })
  if (packed) console.log(outputPath)
  else exit(1)
} finally {
  rmSync(folder, { recursive: true })
}
