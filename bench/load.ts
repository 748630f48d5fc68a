import { readFileSync } from "node:fs"
import { performance } from "node:perf_hooks"
import { Client } from "undici"

export interface Figures {
  readonly callsPerSecond: number
  /** The median latency in milliseconds. */
  readonly p50: number
  readonly p99: number
  /** Processor time of the server for each call, in microseconds. Undefined if the system does not report it. */
  readonly cpu: number | undefined
}

export interface Target {
  readonly url: string
  readonly pid: number
  /** Makes the request with a number, which is counted up so that requests can differ. */
  readonly request: (i: number) => Request
}

export interface Request {
  readonly method?: "GET" | "POST"
  readonly headers?: Record<string, string>
  readonly body?: string
}

export interface Length {
  /** The measurement ends after `calls` or `seconds`, whichever comes first. */
  readonly seconds: number
  readonly calls?: number
}

/** Measures a closed loop: `concurrency` connections, each with one call in flight. */
export const load = async (target: Target, concurrency: number, { calls, seconds }: Length) => {
  const { origin, pathname } = new URL(target.url)
  const clients = Array.from({ length: concurrency }, () => new Client(origin, { pipelining: 1 }))
  let i = 0
  const run = async (until: number, most: number) => {
    const latencies: Array<number> = []
    let begun = 0
    const loop = async (client: Client) => {
      while (performance.now() < until && begun++ < most) {
        const start = performance.now()
        await ask(client, target.url, pathname, target.request(i++))
        latencies.push(performance.now() - start)
      }
    }
    await Promise.all(clients.map(loop))
    return latencies.toSorted((a, b) => a - b)
  }
  const cpu = cpuMicros(target.pid)
  const start = performance.now()
  const latencies = await run(start + seconds * 1000, calls ?? Infinity)
  const elapsed = performance.now() - start
  const used = cpuMicros(target.pid)
  await Promise.all(clients.map((client) => client.close()))
  return {
    callsPerSecond: (latencies.length / elapsed) * 1000,
    p50: latencies[Math.floor(latencies.length * 0.5)] ?? NaN,
    p99: latencies[Math.floor(latencies.length * 0.99)] ?? NaN,
    cpu: cpu === undefined || used === undefined ? undefined : (used - cpu) / latencies.length
  } satisfies Figures
}

/** Warms up the server, so that its hot code is compiled. */
export const warmUp = (target: Target, calls: number) => load(target, 16, { calls, seconds: 60 })

const ask = async (client: Client, url: string, path: string, { body, headers, method = "POST" }: Request) => {
  const response = await client.request({
    path,
    method,
    headers: { "content-type": "application/json", accept: "application/json, text/event-stream", ...headers },
    ...(body !== undefined && { body })
  })
  const text = await response.body.text()
  const { statusCode } = response
  if (statusCode !== 200 || text.includes('"error":{"code"') || text.includes('"isError":true')) {
    throw new Error(`${url}: ${statusCode} ${text.slice(0, 500)}`)
  }
}

/** Reads the processor time of a process so far. Linux counts it in hundredths of a second. */
export const cpuMicros = (pid: number): number | undefined => {
  const fields = readProc(pid, "stat")
    ?.replace(/^.*\) /s, "")
    .split(" ")
  return fields === undefined ? undefined : (Number(fields[11]) + Number(fields[12])) * 10_000
}

/** Reads the resident memory of a process, in megabytes. */
export const residentMegabytes = (pid: number): number | undefined => {
  const kilobytes = /VmRSS:\s+(\d+)/.exec(readProc(pid, "status") ?? "")?.[1]
  return kilobytes === undefined ? undefined : Number(kilobytes) / 1024
}

const readProc = (pid: number, file: string): string | undefined => {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8")
  } catch {
    return undefined
  }
}
