import { type Figures, load, type Request, warmUp } from "./load.ts"
import { call, eras, message } from "./messages.ts"
import type { Ours } from "./ours.ts"
import { peer, type Running } from "./servers.ts"
import { length, rounds, warmup } from "./settings.ts"
import { number, print, ratio, table } from "./table.ts"

const concurrencies = [1, 16, 64]

interface Subject {
  readonly name: string
  readonly start: () => Promise<Running>
  readonly request: Request
}

const [legacy = "2025-11-25"] = eras

const echoes: ReadonlyArray<Subject> = [
  { name: "node:http echo", start: () => peer("echo"), request: call(legacy, "noop") },
  { name: "Effect HttpRouter echo", start: () => peer("effect"), request: call(legacy, "noop") }
]

const peers: ReadonlyArray<readonly [name: string, start: () => Promise<Running>]> = [
  ["SDK, stock stateless", () => peer("sdk")],
  ["fastmcp", () => peer("fastmcp")]
]

const stock = "SDK, stock stateless"
const router = "Effect HttpRouter echo"

/** One trivial call everywhere; ours check a bearer token each time and write two lines of log. */
export const toolCalls = async (ours: Ours): Promise<void> => {
  const own = (what: string, start: () => Promise<Running>, tool: string): ReadonlyArray<Subject> =>
    eras.map((era) => ({ name: `ours, ${what}, ${era}`, start, request: call(era, tool, ours.token) }))
  const subjects = [
    ...echoes,
    ...peers.map(([name, start]) => ({ name, start, request: call(legacy, "noop") })),
    ...own("edge alone", () => peer("edge", ours.env), "get_server_time"),
    ...own("get_server_time", ours.serve, "get_server_time"),
    ...own("get_account_balance", ours.serve, "get_account_balance")
  ]
  const figures: Array<{ readonly name: string; readonly all: ReadonlyArray<Figures> }> = []
  for (const subject of subjects) figures.push({ name: subject.name, all: await best(subject, concurrencies) })
  for (const [i, concurrency] of concurrencies.entries()) {
    const rows = figures.map(({ all, name }) => ({ name, figures: all[i] as Figures }))
    print(comparison(`1. tools/call, concurrency ${concurrency}`, rows))
  }
}

export const toolLists = async (ours: Ours): Promise<void> => {
  const subjects = [
    ...peers.map(([name, start]) => ({ name, start, request: message(legacy, "tools/list") })),
    ...eras.map((era) => ({
      name: `ours, every tool, ${era}`,
      start: () => ours.serve(),
      request: message(era, "tools/list", {}, ours.token)
    }))
  ]
  const rows: Array<{ readonly name: string; readonly figures: Figures }> = []
  for (const subject of subjects) rows.push({ name: subject.name, figures: (await best(subject, [16]))[0] as Figures })
  print(comparison("2. tools/list, concurrency 16 (the peers have one tool)", rows))
}

/** The best of some rounds at each concurrency. */
const best = async ({ name, request, start }: Subject, concurrencies: ReadonlyArray<number>) => {
  const server = await start()
  try {
    const target = { url: `http://127.0.0.1:${server.port}/mcp`, pid: server.pid, request: () => request }
    await warmUp(target, warmup)
    const all: Array<Figures> = []
    for (const concurrency of concurrencies) {
      let found: Figures | undefined
      for (let round = 0; round < rounds; round++) {
        const figures = await load(target, concurrency, length)
        if (found === undefined || figures.callsPerSecond > found.callsPerSecond) found = figures
      }
      if (found !== undefined) all.push(found)
    }
    return all
  } catch (cause) {
    throw new Error(`${name} can't be measured`, { cause })
  } finally {
    await server.stop()
  }
}

const comparison = (title: string, rows: ReadonlyArray<{ readonly name: string; readonly figures: Figures }>) => {
  const against = (name: string, { callsPerSecond }: Figures) => {
    const base = rows.find((row) => row.name === name)?.figures
    return base === undefined ? "–" : ratio(callsPerSecond, base.callsPerSecond)
  }
  return table(
    title,
    ["", "calls/s", "p50 ms", "p99 ms", "CPU µs", "to SDK", "to Effect"],
    rows.map(({ figures, name }) => [
      name,
      number(figures.callsPerSecond),
      number(figures.p50, 2),
      number(figures.p99, 2),
      number(figures.cpu),
      against(stock, figures),
      against(router, figures)
    ])
  )
}
