// Starts the server that the plugin carries, and nothing else: what npx would run is up to the folder in which the client
// happens to be, whose node_modules and .npmrc it obeys, with the API key in its environment.
import { existsSync } from "node:fs"
import { stderr, stdin, stdout } from "node:process"
import { createInterface } from "node:readline"

const server = new URL("server/main.mjs", import.meta.url)

if (existsSync(server)) await import(server.href)
else {
  const message =
    "This plugin was taken from the sources and carries no server yet. In a clone of mcp-kraken, run: " +
    "npm ci && npm run plugin. Then install it from there anew."
  stderr.write(`${message}\n`)
  // Clients show an answer rather than what is written on stderr.
  for await (const line of createInterface({ input: stdin })) {
    const [, id] = /"id"\s*:\s*(\d{1,15}|"[^"\\]{1,100}")/.exec(line.slice(0, 1_000_000)) ?? []
    if (id !== undefined) stdout.write(`{"jsonrpc":"2.0","id":${id},"error":{"code":-32603,"message":"${message}"}}\n`)
    break
  }
  process.exitCode = 1
}
