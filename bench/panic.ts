import { Effect, Exit, Redacted, Scope } from "effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { performance } from "node:perf_hooks"
import process from "node:process"
import { text } from "node:stream/consumers"
import { handle } from "../src/exchange/commands/handle.ts"
import { makeRestExchange } from "../src/exchange/rest/seedAccount.ts"
import { layout } from "../src/layers/access/record/layout.ts"
import { recordFile } from "../src/layers/access/record/recordFile.ts"
import { serveExchange } from "../src/layers/exchange/ExchangeHttp.ts"
import { makeCredentials } from "../src/layers/exchange/keys.ts"
import { openImmediateDatabase } from "../src/layers/storage/immediateDatabase.ts"
import type { Ours } from "./ours.ts"
import { panics } from "./settings.ts"
import { number, print, table } from "./table.ts"

/** Open orders at the beginning of each panic. */
const orders = 60

/** Measures the time from the start of the command to its end, which says that no order is open. */
export const panic = async ({ entry }: Ours): Promise<void> => {
  const scope = await Effect.runPromise(Scope.make())
  const rest = makeRestExchange(Date.now(), { seed: 1, rateLimits: false }, makeCredentials(1))
  const { url } = await Effect.runPromise(
    Scope.extend(serveExchange(rest, { host: "127.0.0.1", port: 0, wsPort: 0 }), scope)
  )
  const [key] = rest.keys.values()
  if (key === undefined) throw new Error("no key")
  const folder = mkdtempSync(join(tmpdir(), "mcp-kraken-bench-"))
  const env = {
    ...process.env,
    KRAKEN_BASE_URL: url,
    KRAKEN_API_KEY: key.key,
    KRAKEN_API_SECRET: Redacted.value(key.secret)
  }
  const place = () => {
    const params = { pair: "XBTUSD", type: "buy", ordertype: "limit", price: "1000", volume: "0.001" }
    for (let n = 0; n < orders; n++) {
      const answer = handle(rest.exchange, { endpoint: "private/AddOrder", params, account: "main", now: Date.now() })
      if ("errors" in answer) throw new Error(answer.errors.join())
    }
  }
  const one = async (n: number): Promise<number> => {
    place()
    // A folder without a record is one that no server has used, and its stop is not taken for proof.
    const stateDir = join(folder, String(n))
    mkdirSync(stateDir)
    await Effect.runPromise(Effect.scoped(openImmediateDatabase({ file: join(stateDir, recordFile), layout })))
    const begun = performance.now()
    const child = spawn(process.execPath, [entry, "panic", "--json"], {
      env: { ...env, MCP_KRAKEN_STATE_DIR: stateDir },
      stdio: ["ignore", "pipe", "ignore"]
    })
    const [said, [code]] = await Promise.all([text(child.stdout), once(child, "exit")])
    const took = performance.now() - begun
    if (code !== 0 || !JSON.parse(said).accounts[0].empty) throw new Error(`not empty: ${said}`)
    return took
  }
  const all: Array<number> = []
  try {
    for (let n = 0; n < panics; n++) all.push(await one(n))
  } finally {
    rmSync(folder, { recursive: true, force: true })
    await Effect.runPromise(Scope.close(scope, Exit.void))
  }
  const sorted = all.toSorted((a, b) => a - b)
  const at = (part: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))]
  print(
    table(
      `9. Panic with ${orders} open orders: ${panics} runs, from the start of the command to its end`,
      ["", "p50 ms", "p99 ms"],
      [["verified empty, twice", number(at(0.5)), number(at(0.99))]]
    )
  )
}
