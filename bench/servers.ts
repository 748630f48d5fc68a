import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { createServer } from "node:net"
import { fileURLToPath } from "node:url"
import process from "node:process"

export interface Running {
  readonly pid: number
  readonly port: number
  readonly stop: () => Promise<void>
}

/** Starts a Node program and waits until it accepts connections on the given port. */
export const start = async (
  args: (port: number) => ReadonlyArray<string>,
  env: Record<string, string> = {}
): Promise<Running> => {
  const port = await freePort()
  // BENCH_NODE_FLAGS="--cpu-prof --cpu-prof-dir=profiles" profiles every server.
  const flags = (process.env["BENCH_NODE_FLAGS"] ?? "").split(" ").filter((flag) => flag !== "")
  const child = spawn(process.execPath, [...flags, ...args(port)], {
    env: { PATH: process.env["PATH"] ?? "", HOME: process.env["HOME"] ?? "", ...env },
    stdio: ["ignore", "ignore", process.env["BENCH_VERBOSE"] ? "inherit" : "ignore"]
  })
  await listening(child, port)
  return { pid: child.pid ?? 0, port, stop: () => stop(child) }
}

/** Starts a server of bench/peers. */
export const peer = (name: string, env?: Record<string, string>): Promise<Running> => {
  const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url))
  const loader = new URL("../scripts/typescript.mjs", import.meta.url).href
  return start((port) => ["--import", loader, path(`peers/${name}.ts`), String(port)], env)
}

const stop = async (child: ChildProcess) => {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, "exit")
  child.kill("SIGTERM")
  const killer = setTimeout(() => child.kill("SIGKILL"), 3000)
  await gone
  clearTimeout(killer)
}

const listening = async (child: ChildProcess, port: number) => {
  for (let i = 0; i < 200; i++) {
    if (child.exitCode !== null) throw new Error(`a server ended with ${child.exitCode}; BENCH_VERBOSE=1 shows why`)
    const answered = await fetch(`http://127.0.0.1:${port}/`).then(
      () => true,
      () => false
    )
    if (answered) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  await stop(child)
  throw new Error(`nothing listens on port ${port}`)
}

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  server.close()
  await once(server, "close")
  return typeof address === "object" && address !== null ? address.port : 0
}
