#!/usr/bin/env node
// Starts bundles for Claude Desktop as Claude Desktop does, and calls a tool of each on a simulated account: those
// for this kind of machine. A plugin's archive for Claude Code is unpacked and started, too.
//
//   node scripts/try-bundle.mjs FILE…
import { getMcpConfigForManifest, unpackExtension } from "@anthropic-ai/mcpb"
import { Client } from "@modelcontextprotocol/sdk/client/index.js"
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js"
import { unzipSync } from "fflate"
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { basename, dirname, join, resolve, sep } from "node:path"
import { arch, argv, env, execPath, exit, platform } from "node:process"
import { fileURLToPath } from "node:url"

/** Variables without which a program does not start on Windows. */
const needed = ["PATH", "SystemRoot", "SYSTEMROOT", "TEMP", "TMP"]

/** Calls a tool of a server over stdio. Returns the server's version. */
export const callOverStdio = async (command, args, variables, home) => {
  const client = new Client({ name: "newcomer", version: "1" })
  const inherited = Object.fromEntries(needed.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])))
  const transport = new StdioClientTransport({
    command,
    args,
    cwd: home,
    env: {
      ...inherited,
      HOME: home,
      USERPROFILE: home,
      MCP_KRAKEN_STATE_DIR: join(home, "state"),
      MCP_KRAKEN_PAPER_MARKET: "synthetic",
      ...variables
    },
    stderr: "inherit"
  })
  await client.connect(transport)
  try {
    const { isError, structuredContent } = await client.callTool({ name: "get_account_balance", arguments: {} })
    if (isError || !(structuredContent?.balances?.length > 0)) throw new Error("the simulated account has no balance")
    return client.getServerVersion()?.version
  } finally {
    await client.close()
  }
}

/** Tries a bundle. Returns its version. */
export const tryBundle = async (file) => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "mcp-kraken-bundle-")))
  try {
    const extensionPath = join(folder, "unpacked")
    await unpackExtension({ mcpbPath: resolve(file), outputDir: extensionPath, silent: true })
    const manifest = JSON.parse(readFileSync(join(extensionPath, "manifest.json"), "utf8"))
    const options = { manifest, extensionPath, systemDirs: {}, userConfig: {}, pathSeparator: sep }
    const config = await getMcpConfigForManifest(options)
    if (config === undefined) throw new Error("the manifest asks for more than it was given")
    return await callOverStdio(execPath, config.args ?? [], config.env, folder)
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 10 })
  }
}

/** Tries the archive of the plugin with its default settings. Returns its version. */
export const tryPlugin = async (file) => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "mcp-kraken-plugin-")))
  try {
    for (const [path, bytes] of Object.entries(unzipSync(readFileSync(file)))) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), bytes)
    }
    const plugin = join(folder, basename(file, ".zip"), "plugin")
    const read = (path) => JSON.parse(readFileSync(join(plugin, path), "utf8"))
    const { userConfig } = read(".claude-plugin/plugin.json")
    const filled = JSON.stringify(read(".mcp.json").mcpServers.kraken)
      .replaceAll("${CLAUDE_PLUGIN_ROOT}", JSON.stringify(plugin).slice(1, -1))
      .replaceAll(/\$\{user_config\.(\w+)\}/g, (_, name) => String(userConfig[name]?.default ?? ""))
    const { args, env: variables } = JSON.parse(filled)
    return await callOverStdio(execPath, args, variables, folder)
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 10 })
  }
}

/** Returns true if a file is a bundle for this kind of machine, or a plugin, which is for all. */
export const isForHere = (file) => file.endsWith(`-${platform}-${arch}.mcpb`) || /mcp-kraken-plugin-.*\.zip$/.test(file)

if (realpathSync(argv[1]) === fileURLToPath(import.meta.url)) {
  const files = argv.slice(2).filter(isForHere)
  if (files.length === 0) {
    console.error(`There is no bundle for ${platform}-${arch} among ${argv.slice(2).join(", ") || "no files"}.`)
    exit(1)
  }
  for (const file of files) {
    const version = await (file.endsWith(".zip") ? tryPlugin(file) : tryBundle(file))
    console.log(`${basename(file)} runs as ${version}`)
  }
}
