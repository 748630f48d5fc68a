import Database from "better-sqlite3"
import { execFileSync } from "node:child_process"
import { createHash, randomBytes } from "node:crypto"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import process from "node:process"
import { buildTo } from "../scripts/build.mjs"
import { type Running, start } from "./servers.ts"

/** The built server with its own state folder, configured as in front of Kraken. */
export interface Ours {
  readonly entry: string
  readonly env: Record<string, string>
  readonly token: string
  readonly serve: (env?: Record<string, string>) => Promise<Running>
  readonly remove: () => void
}

export const setUp = async (kraken: Running): Promise<Ours> => {
  const entry = await buildTo("dist")
  const folder = mkdtempSync(join(tmpdir(), "mcp-kraken-bench-"))
  const env = {
    HOME: folder,
    MCP_KRAKEN_TIER: "off",
    MCP_KRAKEN_HOST: "127.0.0.1",
    MCP_KRAKEN_STATE_DIR: folder,
    MCP_KRAKEN_TOKEN_DB: join(folder, "tokens.db"),
    KRAKEN_BASE_URL: `http://127.0.0.1:${kraken.port}`,
    KRAKEN_API_KEY: "bench",
    MCP_KRAKEN_FEED: "off",
    KRAKEN_API_SECRET: randomBytes(64).toString("base64")
  }
  const words = ["token", "create", "bench", "--json"]
  const made = execFileSync(process.execPath, [entry, ...words], { env: { ...process.env, ...env }, encoding: "utf8" })
  return {
    entry,
    env,
    token: JSON.parse(made).token,
    serve: (more) => start((port) => [entry, "serve", "--port", String(port)], { ...env, ...more }),
    remove: () => rmSync(folder, { recursive: true, force: true })
  }
}

/** Adds `count` tokens to the database and returns them. */
export const fill = ({ env }: Ours, count: number): ReadonlyArray<string> => {
  const database = new Database(env["MCP_KRAKEN_TOKEN_DB"])
  database.pragma("busy_timeout = 5000")
  const insert = database.prepare("INSERT INTO tokens (id, name, token_hash, created_at) VALUES (?, ?, ?, ?)")
  const tokens = Array.from({ length: count }, () => `mck_${randomBytes(32).toString("base64url")}`)
  database.transaction(() => {
    for (const token of tokens) {
      const hash = createHash("sha256").update(token).digest("hex")
      insert.run(hash.slice(0, 16), "bench", hash, "2026-01-01T00:00:00.000000+00:00")
    }
  })()
  database.close()
  return tokens
}
