import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { closeSync, openSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import process, { env as own } from "node:process"
import { Readable } from "node:stream"
import { setImmediate, setTimeout } from "node:timers/promises"
import { program } from "../../src/cli/program.ts"
import type { Ended } from "./commandLine.ts"

/** A command to run: its arguments, its folder, its whole environment, its standard input, and the path of the program. */
export interface Request {
  readonly entry: string
  readonly args: ReadonlyArray<string>
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  readonly input: string
}

/** Collects what is written to a stream of this process. */
const collect = (stream: NodeJS.WriteStream) => {
  // Every command adds listeners of its own.
  stream.setMaxListeners(0)
  let text = ""
  stream.write = (
    chunk: string | Uint8Array,
    encoding?: BufferEncoding | ((error?: Error | null) => void),
    done?: (error?: Error | null) => void
  ) => {
    text += typeof chunk === "string" ? chunk : Buffer.from(chunk).toString("utf8")
    const written = typeof encoding === "function" ? encoding : done
    if (written !== undefined) process.nextTick(written)
    return true
  }
  return () => {
    const all = text
    text = ""
    return all
  }
}

const [stdout, stderr] = [collect(process.stdout), collect(process.stderr)]

/** Opens a file with the text, which is deleted already. A process can't replace its descriptor 0. */
const openText = (text: string) => {
  const path = join(tmpdir(), `mcp-kraken-input-${process.pid}`)
  writeFileSync(path, text, { mode: 0o600 })
  const descriptor = openSync(path, "r")
  rmSync(path)
  return descriptor
}

/** Milliseconds that a command may take to end after its work, as a process of its own would. */
const longestEnd = 3000

/** Lists what still keeps the process alive, other than `before`, after a moment to end. */
const leftOpen = Effect.fn("leftOpen")(function* (before: number) {
  const start = performance.now()
  for (;;) {
    // The log is written after a turn of the event loop.
    yield* Effect.promise(() => setImmediate())
    yield* Effect.promise(() => setImmediate())
    const open = process.getActiveResourcesInfo()
    if (open.length <= before) return []
    if (performance.now() - start > longestEnd) return open
    yield* Effect.promise(() => setTimeout(10))
  }
})

/**
 * Runs a command as a process of its own would, except that it shares the loaded code. One that would not end has no exit code.
 */
const run = Effect.fn("run")(function* ({ args, cwd, entry, env, input }: Request) {
  const descriptor = openText(input)
  const words = args.map((word, index) =>
    args[index - 1] === "--passphrase-fd" && word === "0" ? String(descriptor) : word
  )
  for (const name of Object.keys(own)) delete own[name]
  Object.assign(own, env)
  process.chdir(cwd)
  process.argv = [process.execPath, entry, ...words]
  process.exitCode = undefined
  Object.defineProperty(process, "stdin", { value: Readable.from(input === "" ? [] : [input]), configurable: true })
  const before = process.getActiveResourcesInfo().length
  const exit = yield* Effect.exit(program(words))
  const left = yield* leftOpen(before)
  closeSync(descriptor)
  const code = Exit.isSuccess(exit) ? Number(process.exitCode ?? 0) : 1
  process.exitCode = undefined
  const ended: Ended =
    left.length === 0
      ? { code, stdout: stdout(), stderr: stderr() }
      : { code: null, stdout: stdout(), stderr: `${stderr()}Still open at the end: ${left.join(", ")}\n` }
  process.send?.(ended)
})

process.on("message", (request: Request) => void Effect.runFork(run(request)))
process.on("disconnect", () => process.exit())
