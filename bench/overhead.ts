import { type Figures, load, warmUp } from "./load.ts"
import { call } from "./messages.ts"
import type { Ours } from "./ours.ts"
import type { Running } from "./servers.ts"
import { length, rounds, warmup } from "./settings.ts"
import { number, print, table } from "./table.ts"

/** Measures the time that a public tool call adds to the same request sent directly to Kraken, one at a time. */
export const overhead = async (ours: Ours, kraken: Running): Promise<void> => {
  const server = await ours.serve()
  const direct = {
    url: `http://127.0.0.1:${kraken.port}/0/public/Time`,
    pid: kraken.pid,
    request: () => ({ method: "GET" as const })
  }
  const through = {
    url: `http://127.0.0.1:${server.port}/mcp`,
    pid: server.pid,
    request: () => call("2026-07-28", "get_server_time", ours.token)
  }
  await warmUp(direct, warmup)
  await warmUp(through, warmup)
  const pairs: Array<readonly [Figures, Figures]> = []
  for (let i = 0; i < Math.max(2, rounds); i++)
    pairs.push([await load(direct, 1, length), await load(through, 1, length)])
  await server.stop()
  print(
    table(
      "3. get_server_time against the direct request, concurrency 1",
      ["round", "direct p50 ms", "tool p50 ms", "added ms"],
      pairs.map(([a, b], i) => [String(i + 1), number(a.p50, 2), number(b.p50, 2), number(b.p50 - a.p50, 2)])
    )
  )
}
