import { Client as NewestClient, StreamableHTTPClientTransport as NewestTransport } from "@modelcontextprotocol/client"
import { Client } from "@modelcontextprotocol/sdk/client/index.js"
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js"
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js"
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js"
import { Effect, Schedule } from "effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"
import process from "node:process"
import { bundle } from "../Bundle.ts"
import { runCommand } from "../cli/commandLine.ts"
import { makeFakeKraken } from "../doubles/FakeKraken.ts"
import { serve as serveFake } from "../doubles/fake/Serve.ts"
import { freePort } from "../freePort.ts"
import { temporaryFolder } from "../temporaryFolder.ts"

type Variables = Record<string, string>

/** A fake Kraken over HTTP, with the settings of a server that uses it. */
export const makeHouse = Effect.gen(function* () {
  const fake = makeFakeKraken()
  const { url } = yield* serveFake(fake)
  return { fake, ...(yield* houseBeside(url, fake.keys.full)) }
})

/** An empty folder for the state of a server, and the settings of a server with an API key. */
export const houseBeside = Effect.fnUntraced(function* (
  url: string,
  { key, secret }: { readonly key: string; readonly secret: string }
) {
  const folder = yield* temporaryFolder
  const variables: Variables = {
    KRAKEN_BASE_URL: url,
    KRAKEN_API_KEY: key,
    KRAKEN_API_SECRET: secret,
    MCP_KRAKEN_STATE_DIR: folder,
    MCP_KRAKEN_TOKEN_DB: join(folder, "tokens.db"),
    MCP_KRAKEN_TIER: "off",
    // The fake has no WebSocket.
    MCP_KRAKEN_FEED: "off"
  }
  return { folder, variables }
})

export type House = Effect.Effect.Success<ReturnType<typeof houseBeside>>

/** Runs a command to its end, with a text as its input. */
export const run = (args: ReadonlyArray<string>, variables: Variables, cwd = process.cwd(), input = "") =>
  runCommand(args, variables, cwd, input)

/** A server over HTTP with a token for it. `stop` ends it with a signal and returns its exit code. */
export const serveHttp = (house: House, args: ReadonlyArray<string> = [], more: Variables = {}) =>
  Effect.gen(function* () {
    const { stdout } = yield* run(["token", "create", "test", "--json"], { ...house.variables, ...more })
    const { token } = JSON.parse(stdout) as { readonly token: string }
    return { ...(yield* startHttp(house, args, more)), token }
  })

/** A server over HTTP, which makes no token. */
export const startHttp = ({ folder, variables }: House, args: ReadonlyArray<string> = [], more: Variables = {}) =>
  Effect.gen(function* () {
    const port = yield* freePort
    const child = spawn(process.execPath, [bundle(), "serve", "--port", String(port), "--host", "127.0.0.1", ...args], {
      env: { ...variables, ...more },
      cwd: folder,
      stdio: ["ignore", "ignore", "pipe"]
    })
    const exited = once(child, "exit").then(([code]: Array<number | null>) => code)
    let log = ""
    child.stderr.on("data", (chunk: Buffer) => {
      log += String(chunk)
    })
    const stop = (signal: NodeJS.Signals) =>
      Effect.promise(() => {
        child.kill(signal)
        return exited
      })
    yield* Effect.addFinalizer(() => stop("SIGKILL"))
    const url = `http://127.0.0.1:${port}/mcp`
    yield* Effect.tryPromise(() => fetch(`http://127.0.0.1:${port}/health`)).pipe(
      Effect.retry(Schedule.intersect(Schedule.spaced("50 millis"), Schedule.recurs(600)))
    )
    return { url, stop, log: () => log }
  })

/** The SDK's client over a transport. */
export const connect = (transport: Transport) =>
  Effect.acquireRelease(
    Effect.promise(() => {
      const client = new Client({ name: "test", version: "0" })
      return client.connect(transport).then(() => client)
    }),
    (client) => Effect.promise(() => client.close())
  )

export const overHttp = ({ token, url }: { readonly url: string; readonly token: string }) =>
  connect(
    new StreamableHTTPClientTransport(new URL(url), {
      requestInit: { headers: { authorization: `Bearer ${token}` } }
    }) as Transport
  )

/** The client of the newest protocol revision, which never falls back to an older one. */
export const overHttpNewest = ({ token, url }: { readonly url: string; readonly token: string }) =>
  Effect.acquireRelease(
    Effect.promise(() => {
      const client = new NewestClient(
        { name: "test", version: "0" },
        { versionNegotiation: { mode: { pin: "2026-07-28" } } }
      )
      const headers = { authorization: `Bearer ${token}` }
      return client.connect(new NewestTransport(new URL(url), { requestInit: { headers } })).then(() => client)
    }),
    (client) => Effect.promise(() => client.close())
  )

/** A new server over stdio, with the SDK's client connected to it. */
export const overStdio = ({ folder, variables }: House, more: Variables = {}) =>
  connect(
    new StdioClientTransport({
      command: process.execPath,
      args: [bundle(), "serve", "--stdio"],
      env: { ...variables, ...more },
      cwd: folder,
      stderr: "ignore"
    })
  )
