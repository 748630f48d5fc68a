import { cpuMicros, load, residentMegabytes } from "./load.ts"
import { call } from "./messages.ts"
import type { Ours } from "./ours.ts"
import { start } from "./servers.ts"
import { memoryCalls } from "./settings.ts"
import { startStdio } from "./stdio.ts"
import { number, print, table } from "./table.ts"

/** A server whose memory is measured. */
interface Subject {
  readonly pid: number
  /** Makes calls, 16 at a time. */
  readonly calls: (count: number) => Promise<unknown>
  readonly stop: () => Promise<void>
}

/** The bound for the young generation that the image, the desktop bundle and the plugin set. */
const bounded = ["--max-semi-space-size=4"]

const tool = "get_server_time"

/** Measures the resident memory of servers before and after calls. Memory kept for each call would show as growth. */
export const memory = async (ours: Ours): Promise<void> => {
  const subjects: ReadonlyArray<readonly [string, () => Promise<Subject>]> = [
    ["HTTP", () => overHttp(ours, [])],
    [`HTTP, ${bounded.join()}`, () => overHttp(ours, bounded)],
    ["stdio", () => overStdio(ours, [])],
    [`stdio, ${bounded.join()}`, () => overStdio(ours, bounded)]
  ]
  const rows: Array<ReadonlyArray<string>> = []
  for (const [name, make] of subjects) {
    const { calls, pid, stop } = await make()
    const idle = residentMegabytes(pid)
    const after: Array<string> = []
    let done = 0
    const begun = cpuMicros(pid) ?? NaN
    for (const count of memoryCalls) {
      await calls(count - done)
      done = count
      after.push(number(residentMegabytes(pid)))
    }
    const cpu = ((cpuMicros(pid) ?? NaN) - begun) / done
    await stop()
    rows.push([name, number(idle), ...after, number(cpu)])
  }
  print(
    table(
      `5. Resident memory in MB after calls of ${tool}, concurrency 16`,
      ["", "idle", ...memoryCalls.map((count) => `${count} calls`), "CPU µs a call"],
      rows
    )
  )
}

const overHttp = async (ours: Ours, flags: ReadonlyArray<string>): Promise<Subject> => {
  const server = await start((port) => [...flags, ours.entry, "serve", "--port", String(port)], ours.env)
  const request = call("2026-07-28", tool, ours.token)
  const target = { url: `http://127.0.0.1:${server.port}/mcp`, pid: server.pid, request: () => request }
  return {
    pid: server.pid,
    calls: (count) => load(target, 16, { seconds: Infinity, calls: count }),
    stop: server.stop
  }
}

const overStdio = async (ours: Ours, flags: ReadonlyArray<string>): Promise<Subject> => {
  const server = startStdio([...flags, ours.entry, "serve", "--stdio"], ours.env)
  await server.initialize()
  // The tools are loaded after `initialize` is answered.
  await server.call(tool)
  const calls = async (count: number) => {
    let begun = 0
    const loop = async () => {
      while (begun++ < count) await server.call(tool)
    }
    await Promise.all(Array.from({ length: 16 }, loop))
  }
  return { pid: server.pid, calls, stop: server.stop }
}
