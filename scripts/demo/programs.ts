import { Effect } from "effect"
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { execPath } from "node:process"
import { createInterface } from "node:readline"
import { Writable } from "node:stream"

type Variables = Readonly<Record<string, string>>

/** A simulated Kraken over HTTP: its address, and the key that can do everything. */
interface Exchange {
  readonly url: string
  readonly keys: ReadonlyArray<{ readonly name: string; readonly key: string; readonly secret: string }>
}

/** Starts the simulated Kraken on a free port until the scope ends. */
export const exchange = (entry: string) =>
  Effect.acquireRelease(
    Effect.sync(() =>
      spawn(execPath, [entry, "exchange", "--port", "0", "--ws-port", "0", "--seed", "7", "--json"], {
        env: {},
        stdio: ["ignore", "pipe", "ignore"]
      })
    ),
    end
  ).pipe(
    Effect.flatMap(({ stdout }) => Effect.promise(() => once(createInterface({ input: stdout }), "line"))),
    Effect.map(([line]): Exchange => JSON.parse(String(line)))
  )

const end = (child: ChildProcess) =>
  Effect.promise(() => {
    const ended = once(child, "exit")
    child.kill("SIGKILL")
    return ended
  })

/** Runs a command of the operator to its end, with the passphrase on a file descriptor. Returns what it prints. */
export const operator = Effect.fnUntraced(function* (
  entry: string,
  args: ReadonlyArray<string>,
  variables: Variables,
  passphrase?: string
) {
  const given = passphrase === undefined ? [] : ["--passphrase-fd", "3"]
  const child = spawn(execPath, [entry, ...args, ...given], {
    env: { ...variables, MCP_KRAKEN_LOG_LEVEL: "CRITICAL" },
    stdio: ["ignore", "pipe", "pipe", "pipe"]
  })
  const [, stdout, stderr, descriptor] = child.stdio
  if (passphrase !== undefined && descriptor instanceof Writable) descriptor.end(`${passphrase}\n`)
  const texts = { stdout: "", stderr: "" }
  stdout?.on("data", (chunk: Buffer) => {
    texts.stdout += String(chunk)
  })
  stderr?.on("data", (chunk: Buffer) => {
    texts.stderr += String(chunk)
  })
  const [code] = yield* Effect.promise(() => once(child, "close"))
  return code === 0
    ? texts.stdout
    : yield* Effect.dieMessage(`${args.join(" ")} ended with ${String(code)}: ${texts.stderr}`)
})
