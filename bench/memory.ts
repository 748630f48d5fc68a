import { load, residentMegabytes } from "./load.ts"
import { call } from "./messages.ts"
import type { Ours } from "./ours.ts"
import { calls } from "./settings.ts"
import { number, print, table } from "./table.ts"

const steps = 5

/** Measures the server's memory before and during many calls. Memory kept for each call would show as growth. */
export const memory = async (ours: Ours): Promise<void> => {
  const server = await ours.serve()
  const request = call("2026-07-28", "get_server_time", ours.token)
  const target = { url: `http://127.0.0.1:${server.port}/mcp`, pid: server.pid, request: () => request }
  const rows = [["0", number(residentMegabytes(server.pid)), "–"]]
  for (let step = 1; step <= steps; step++) {
    const { callsPerSecond } = await load(target, 16, { seconds: Infinity, calls: calls / steps })
    rows.push([number((calls / steps) * step), number(residentMegabytes(server.pid)), number(callsPerSecond)])
  }
  await server.stop()
  print(table("5. Memory, get_server_time, concurrency 16", ["calls", "resident MB", "calls/s"], rows))
}
