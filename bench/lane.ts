import { performance } from "node:perf_hooks"
import { load } from "./load.ts"
import { call } from "./messages.ts"
import type { Ours } from "./ours.ts"
import { peer } from "./servers.ts"
import { rounds } from "./settings.ts"
import { number, print, table } from "./table.ts"

/** Reads at once, and the milliseconds of the way to Kraken and back. */
const reads = 6
const way = 80

/** Measures different private reads that are made at once over a long way, with keys without and with a nonce window. */
export const lane = async (ours: Ours): Promise<void> => {
  const rows: Array<ReadonlyArray<string>> = []
  for (const window of ["0", "5000"]) {
    const kraken = await peer("kraken", { KRAKEN_DELAY: String(way), KRAKEN_NONCE_WINDOW: window })
    const server = await ours.serve({ KRAKEN_BASE_URL: `http://127.0.0.1:${kraken.port}`, KRAKEN_API_KEY: window })
    // Equal reads would share a request.
    const request = (i: number) => call("2025-11-25", "get_ledgers", ours.token, { offset: i })
    const target = { url: `http://127.0.0.1:${server.port}/mcp`, pid: server.pid, request }
    // The first call also asks what the key can do.
    await load(target, 1, { calls: 3, seconds: 60 })
    let least = Infinity
    for (let round = 0; round < Math.max(2, rounds); round++) {
      const start = performance.now()
      await load(target, reads, { calls: reads, seconds: 60 })
      least = Math.min(least, performance.now() - start)
    }
    await server.stop()
    await kraken.stop()
    rows.push([window, number(least)])
  }
  print(
    table(
      `16. ${reads} different private reads at once, ${way} ms to Kraken and back`,
      ["nonce window", "least ms"],
      rows
    )
  )
}
