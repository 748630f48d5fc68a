import { spawn } from "node:child_process"
import { once } from "node:events"
import { performance } from "node:perf_hooks"
import process from "node:process"
import { residentMegabytes } from "./load.ts"
import type { Ours } from "./ours.ts"
import { starts } from "./settings.ts"
import { number, print, ratio, table } from "./table.ts"

interface Start {
  readonly ms: number
  readonly megabytes: number | undefined
}

/** Measures the time from spawn to the end of the process, or to the answer of `initialize` over stdio. */
export const startUp = async ({ entry, env }: Ours): Promise<void> => {
  const subjects = [
    { name: "bare node", run: () => toEnd(["-e", ""], {}) },
    { name: "version", run: () => toEnd([entry, "version"], env) },
    { name: "stdio, to initialize", run: () => toInitialize([entry, "serve", "--stdio"], env) },
    { name: "stdio on paper, to initialize", run: () => toInitialize([entry, "serve", "--stdio", "--paper"], env) }
  ]
  const found = subjects.map(({ name, run }) => ({ name, run, all: new Array<Start>() }))
  // Measured in turns, so that other load on the machine affects all of them.
  for (let i = 0; i < starts; i++) for (const { all, run } of found) all.push(await run())
  const rows = found.map(({ all, name }) => {
    const sorted = all.toSorted((a, b) => a.ms - b.ms)
    return { name, least: sorted[0]?.ms ?? NaN, median: sorted[Math.floor(sorted.length / 2)] ?? { ms: NaN } }
  })
  const bare = rows[0]?.least ?? NaN
  print(
    table(
      `4. Start-up: best of ${starts} starts, relative to the best of bare Node.js`,
      ["", "median ms", "best ms", "to Node.js", "resident MB"],
      rows.map(({ least, median, name }) => [
        name,
        number(median.ms),
        number(least),
        ratio(least, bare),
        number("megabytes" in median ? median.megabytes : undefined)
      ])
    )
  )
}

const toEnd = async (args: ReadonlyArray<string>, env: Record<string, string>): Promise<Start> => {
  const start = performance.now()
  const child = spawn(process.execPath, args, { env: { ...process.env, ...env }, stdio: "ignore" })
  await once(child, "exit")
  return { ms: performance.now() - start, megabytes: undefined }
}

const initialize = JSON.stringify({
  jsonrpc: "2.0",
  id: 1,
  method: "initialize",
  params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "bench", version: "0" } }
})

const toInitialize = async (args: ReadonlyArray<string>, env: Record<string, string>): Promise<Start> => {
  const start = performance.now()
  const child = spawn(process.execPath, args, { env: { ...process.env, ...env }, stdio: ["pipe", "pipe", "ignore"] })
  child.stdin.write(`${initialize}\n`)
  const [answer] = await once(child.stdout, "data")
  const ms = performance.now() - start
  if (!String(answer).includes('"serverInfo"')) throw new Error(`no answer to initialize: ${answer}`)
  const megabytes = residentMegabytes(child.pid ?? 0)
  child.stdin.end()
  await once(child, "exit")
  return { ms, megabytes }
}
