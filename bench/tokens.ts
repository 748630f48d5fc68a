import { type Figures, load, warmUp } from "./load.ts"
import { message } from "./messages.ts"
import { fill, type Ours } from "./ours.ts"
import { length, manyTokens, warmup } from "./settings.ts"
import { number, print, table } from "./table.ts"

/** Measures the check of a token. `ping` does nothing else, so any difference comes from that check. */
export const tokenChecks = async (ours: Ours): Promise<void> => {
  const rows: Array<ReadonlyArray<string>> = []
  const measure = async (name: string, tokens: ReadonlyArray<string>) => {
    const server = await ours.serve()
    const requests = tokens.map((token) => message("2025-11-25", "ping", {}, token))
    const request = (i: number) => requests[i % requests.length] ?? {}
    const target = { url: `http://127.0.0.1:${server.port}/mcp`, pid: server.pid, request }
    await warmUp(target, warmup)
    const at = { 1: await load(target, 1, length), 16: await load(target, 16, length) }
    await server.stop()
    rows.push([name, ...cells(at[1]), ...cells(at[16])])
  }
  const few = fill(ours, 9)
  await measure("10 in the store, one in use", few.slice(0, 1))
  await measure("10 in the store, all in turn", few)
  const many = fill(ours, manyTokens - 10)
  await measure(`${manyTokens} in the store, one in use`, many.slice(0, 1))
  await measure(`${manyTokens} in the store, all in turn`, many)
  const head = ["", "c1 calls/s", "p50 ms", "CPU µs", "c16 calls/s", "p50 ms", "CPU µs"]
  print(table("6. Token verification (ping)", head, rows))
}

const cells = ({ callsPerSecond, cpu, p50 }: Figures) => [number(callsPerSecond), number(p50, 2), number(cpu)]
