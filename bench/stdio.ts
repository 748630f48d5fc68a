import { spawn } from "node:child_process"
import { once } from "node:events"
import { createInterface } from "node:readline"
import process from "node:process"

/** A server over stdio. */
export interface StdioServer {
  readonly pid: number
  readonly initialize: () => Promise<void>
  /** Calls a tool. Throws if the call fails. */
  readonly call: (name: string, args?: object) => Promise<void>
  readonly stop: () => Promise<void>
}

/** Starts a Node program that serves MCP over stdio, in an environment that has only `PATH` and `env`. */
export const startStdio = (args: ReadonlyArray<string>, env: Record<string, string>): StdioServer => {
  const child = spawn(process.execPath, args, {
    env: { PATH: process.env["PATH"] ?? "", ...env },
    stdio: ["pipe", "pipe", process.env["BENCH_VERBOSE"] ? "inherit" : "ignore"]
  })
  let id = 0
  const waiting = new Map<unknown, (answer: string) => void>()
  createInterface({ input: child.stdout }).on("line", (line) => {
    // The id comes last or second, and reading the whole answer would cost the measured machine more than the server.
    const found = /"id":(\d+)[,}]/.exec(line.length > 200 ? line.slice(0, 100) + line.slice(-100) : line)?.[1]
    waiting.get(Number(found))?.(line)
    waiting.delete(Number(found))
  })
  const send = (message: object) => child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`)
  const ask = (method: string, params: object) =>
    new Promise<string>((resolve, reject) => {
      const mine = ++id
      waiting.set(mine, (answer) =>
        answer.includes('"error":{"code"') || answer.includes('"isError":true')
          ? reject(new Error(answer.slice(0, 500)))
          : resolve(answer)
      )
      send({ id: mine, method, params })
    })
  return {
    pid: child.pid ?? 0,
    initialize: async () => {
      const clientInfo = { name: "bench", version: "0" }
      await ask("initialize", { protocolVersion: "2025-11-25", capabilities: {}, clientInfo })
      send({ method: "notifications/initialized" })
    },
    call: async (name, args = {}) => void (await ask("tools/call", { name, arguments: args })),
    stop: async () => {
      const ended = once(child, "exit")
      child.stdin.end()
      await ended
    }
  }
}
