import { type Figures, load, type Request, type Target, warmUp } from "./load.ts"
import { call, revisions, message } from "./messages.ts"
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

const [handshakeRevision = "2025-11-25"] = revisions

const echoes: ReadonlyArray<Subject> = [
  { name: "node:http echo", start: () => peer("echo"), request: call(handshakeRevision, "noop") },
  { name: "Effect HttpRouter echo", start: () => peer("effect"), request: call(handshakeRevision, "noop") }
]

const peers: ReadonlyArray<readonly [name: string, start: () => Promise<Running>]> = [
  ["SDK, stock stateless", () => peer("sdk")],
  ["fastmcp", () => peer("fastmcp")]
]

const stock = "SDK, stock stateless"
const router = "Effect HttpRouter echo"

/**
 * Measures one trivial call on every server. Ours checks a bearer token and writes a log line for each call, at its
 * default level; Effect's router and fastmcp log as they do by default, the others nothing. All logs go to /dev/null.
 */
export const toolCalls = async (ours: Ours): Promise<void> => {
  const own = (what: string, start: () => Promise<Running>, tool: string): ReadonlyArray<Subject> =>
    revisions.map((revision) => ({
      name: `ours, ${what}, ${revision}`,
      start,
      request: call(revision, tool, ours.token)
    }))
  const subjects = [
    ...echoes,
    ...peers.map(([name, start]) => ({ name, start, request: call(handshakeRevision, "noop") })),
    ...own("MCP handler only", () => peer("handler", ours.env), "get_server_time"),
    ...own("get_server_time", ours.serve, "get_server_time"),
    ...own("get_account_balance", ours.serve, "get_account_balance")
  ]
  const figures = await inTurns(subjects, concurrencies)
  for (const concurrency of concurrencies) {
    print(comparison(`1. tools/call, concurrency ${concurrency}`, figures.get(concurrency) ?? []))
  }
}

export const toolLists = async (ours: Ours): Promise<void> => {
  const subjects = [
    ...peers.map(([name, start]) => ({ name, start, request: message(handshakeRevision, "tools/list") })),
    ...revisions.map((revision) => ({
      name: `ours, every tool, ${revision}`,
      start: () => ours.serve(),
      request: message(revision, "tools/list", {}, ours.token)
    }))
  ]
  const figures = await inTurns(subjects, [16])
  print(comparison("2. tools/list, concurrency 16 (the peers have one tool)", figures.get(16) ?? []))
}

interface Row {
  readonly name: string
  readonly figures: Figures
}

/**
 * Finds the best of several rounds at each concurrency. The servers run side by side and are measured in turns, so that
 * other load on the machine affects all of them; idle servers cost nothing.
 */
const inTurns = async (subjects: ReadonlyArray<Subject>, concurrencies: ReadonlyArray<number>) => {
  const running: Array<{ readonly name: string; readonly server: Running; readonly target: Target }> = []
  const found = new Map<number, Array<Row>>()
  try {
    for (const { name, request, start } of subjects) {
      const server = await start()
      const target = { url: `http://127.0.0.1:${server.port}/mcp`, pid: server.pid, request: () => request }
      running.push({ name, server, target })
      await warmUp(target, warmup)
    }
    for (const concurrency of concurrencies) {
      const best = new Map<string, Figures>()
      for (let round = 0; round < rounds; round++) {
        for (const { name, target } of running) {
          const figures = await load(target, concurrency, length)
          if (figures.callsPerSecond > (best.get(name)?.callsPerSecond ?? 0)) best.set(name, figures)
        }
      }
      found.set(
        concurrency,
        Array.from(best, ([name, figures]) => ({ name, figures }))
      )
    }
    return found
  } finally {
    for (const { server } of running) await server.stop()
  }
}

const comparison = (title: string, rows: ReadonlyArray<Row>) => {
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
