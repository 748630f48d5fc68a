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
  /** Makes the request with a number, which is counted up. */
  readonly request: (i: number) => Request
}

/**
 * Measures the processor time of a call at concurrency 16 against that of the stock SDK in the same run: the edge with its
 * token check (`ping`), a public and a private tool. Equal reads share a request to Kraken, so private calls that differ are
 * measured, too. Rounds of all servers take turns, and the least of each counts.
 */
export const cost = async (ours: Ours): Promise<void> => {
  const [echo, sdk, own] = [await peer("echo"), await peer("sdk"), await ours.serve()]
  const subject = (name: string, server: Running, request: Request): Subject => ({
    name,
    server,
    request: () => request
  })
  const subjects: ReadonlyArray<Subject> = [
    subject("node:http echo", echo, call(revision, "noop")),
    subject(stock, sdk, call(revision, "noop")),
    subject("ours, ping", own, message(revision, "ping", {}, ours.token)),
    subject("ours, get_server_time", own, call(revision, "get_server_time", ours.token)),
    subject("ours, get_account_balance", own, call(revision, "get_account_balance", ours.token)),
    {
      name: "ours, get_ledgers, each different",
      server: own,
      request: (i) => call(revision, "get_ledgers", ours.token, { offset: i })
    }
  ]
  const targetOf = ({ request, server }: Subject): Target => ({
    url: `http://127.0.0.1:${server.port}/mcp`,
    pid: server.pid,
    request
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
