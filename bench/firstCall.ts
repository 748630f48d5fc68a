import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { performance } from "node:perf_hooks"
import process from "node:process"
import { cpuMicros } from "./load.ts"
import type { Ours } from "./ours.ts"
import { starts } from "./settings.ts"
import { startStdio } from "./stdio.ts"
import { number, print, ratio, table } from "./table.ts"

/** A moment after the start of a process, with the processor time that it has taken by then, in milliseconds. */
interface Moment {
  readonly ms: number
  readonly cpu: number
}

interface Moments {
  readonly initialized: Moment
  readonly answered: Moment
}

/**
 * Measures the time from spawn to the answer of the first tool call over stdio on paper, as a desktop client starts the
 * server: in an environment with nothing but `PATH` and a home folder. The first start of a home folder makes the databases,
 * and is not counted.
 */
export const firstToolCall = async ({ entry }: Ours): Promise<void> => {
  const home = mkdtempSync(join(tmpdir(), "mcp-kraken-bench-home-"))
  // Nothing listens on this port, as on a machine without a network.
  const unreachable = { KRAKEN_BASE_URL: "http://127.0.0.1:1" }
  const subjects = [
    { name: "synthetic market", env: { MCP_KRAKEN_PAPER_MARKET: "synthetic" } },
    { name: "any market, Kraken can't be reached", env: unreachable }
  ].map((subject) => ({ ...subject, all: new Array<Moments>() }))
  const bare: Array<Moment> = []
  try {
    for (let i = -1; i < starts; i++) {
      const node = await bareNode()
      if (i >= 0) bare.push(node)
      for (const { all, env } of subjects) {
        const moments = await firstCall(entry, { HOME: home, ...env })
        if (i >= 0) all.push(moments)
      }
    }
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
  const least = (moments: ReadonlyArray<Moment>, of: keyof Moment) => Math.min(...moments.map((moment) => moment[of]))
  const cells = (moments: ReadonlyArray<Moment>) => [
    number(median(moments.map(({ ms }) => ms))),
    number(least(moments, "ms")),
    ratio(least(moments, "ms"), least(bare, "ms")),
    number(least(moments, "cpu")),
    ratio(least(moments, "cpu"), least(bare, "cpu"))
  ]
  print(
    table(
      `18. First tool call: over stdio on paper, get_ticker, best of ${starts} starts, relative to the best of bare Node.js`,
      ["", "median ms", "best ms", "to Node.js", "best CPU ms", "to Node.js"],
      [
        ["bare Node.js", ...cells(bare)],
        ...subjects.flatMap(({ all, name }) => [
          [`${name}, to initialize`, ...cells(all.map(({ initialized }) => initialized))],
          [`${name}, to the answer`, ...cells(all.map(({ answered }) => answered))]
        ])
      ]
    )
  )
}

const median = (times: ReadonlyArray<number>): number =>
  times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? NaN

/** Measures a Node program that only tells the processor time that it took. */
const bareNode = async (): Promise<Moment> => {
  const start = performance.now()
  const program = "const { user, system } = process.cpuUsage(); process.stdout.write(String((user + system) / 1000))"
  const env = { PATH: process.env["PATH"] ?? "" }
  const child = spawn(process.execPath, ["-e", program], { env, stdio: ["ignore", "pipe", "ignore"] })
  const [told] = await once(child.stdout, "data")
  const ms = performance.now() - start
  return { ms, cpu: Number(told) }
}

const firstCall = async (entry: string, env: Record<string, string>): Promise<Moments> => {
  const start = performance.now()
  const server = startStdio([entry, "serve", "--stdio", "--paper"], env)
  await server.initialize()
  const moment = (): Moment => ({ ms: performance.now() - start, cpu: (cpuMicros(server.pid) ?? NaN) / 1000 })
  const initialized = moment()
  await server.call("get_ticker", { pair: "BTC/USD" })
  const answered = moment()
  await server.stop()
  return { initialized, answered }
}
