import { type Figures, load, type Request, type Target, warmUp } from "./load.ts"
import { call, message } from "./messages.ts"
import type { Ours } from "./ours.ts"
import { peer, type Running } from "./servers.ts"
import { costRounds, length, warmup } from "./settings.ts"
import { number, print, table } from "./table.ts"

const revision = "2025-11-25"

/** The highest processor time of a call, as a multiple of the stock SDK's. */
const targets: Record<string, number> = {
  "ours, ping": 0.4,
  "ours, get_server_time": 1.1,
  "ours, get_account_balance": 2.2
}

const stock = "SDK, stock stateless"

interface Subject {
  readonly name: string
  readonly server: Running
  readonly request: Request
}

/**
 * Measures the processor time of a call at concurrency 16 against that of the stock SDK in the same run: the edge with its
 * token check (`ping`), a public and a private tool. Rounds of all servers take turns, and the least of each counts.
 */
export const cost = async (ours: Ours): Promise<void> => {
  const [echo, sdk, own] = [await peer("echo"), await peer("sdk"), await ours.serve()]
  const subjects: ReadonlyArray<Subject> = [
    { name: "node:http echo", server: echo, request: call(revision, "noop") },
    { name: stock, server: sdk, request: call(revision, "noop") },
    { name: "ours, ping", server: own, request: message(revision, "ping", {}, ours.token) },
    { name: "ours, get_server_time", server: own, request: call(revision, "get_server_time", ours.token) },
    { name: "ours, get_account_balance", server: own, request: call(revision, "get_account_balance", ours.token) }
  ]
  const targetOf = ({ request, server }: Subject): Target => ({
    url: `http://127.0.0.1:${server.port}/mcp`,
    pid: server.pid,
    request: () => request
  })
  try {
    for (const subject of subjects) await warmUp(targetOf(subject), warmup)
    const found = new Map<string, Array<Figures>>(subjects.map(({ name }) => [name, []]))
    for (let round = 0; round < costRounds; round++)
      for (const subject of subjects) found.get(subject.name)?.push(await load(targetOf(subject), 16, length))
    const least = (name: string) => Math.min(...(found.get(name) ?? []).map(({ cpu }) => cpu ?? NaN))
    const median = (name: string) =>
      (found.get(name) ?? []).map(({ cpu }) => cpu ?? NaN).toSorted((a, b) => a - b)[Math.floor(costRounds / 2)]
    print(
      table(
        `12. Processor time of a call, concurrency 16, least of ${costRounds} rounds`,
        ["", "CPU µs", "median", "to SDK", "target"],
        subjects.map(({ name }) => [
          name,
          number(least(name)),
          number(median(name)),
          `${number(least(name) / least(stock), 2)}×`,
          name in targets ? `${number(targets[name], 1)}×` : "–"
        ])
      )
    )
  } finally {
    for (const server of [echo, sdk, own]) await server.stop()
  }
}
