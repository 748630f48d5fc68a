import { Data, Effect } from "effect"
import { type ChildProcess, type ChildProcessWithoutNullStreams, fork, spawn } from "node:child_process"
import { dirname, join } from "node:path"
import { bundle } from "../Bundle.ts"
import { temporaryFolder } from "../temporaryFolder.ts"
import type { Request } from "./commandHost.ts"

/** The output of a command, and its exit code. */
export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export class NeverSaid extends Data.TaggedError("NeverSaid")<{ readonly awaited: string; readonly said: string }> {}

/** The built command line in its own folder, which is also its user's home. `env` is its whole environment. */
export const makeCommandLine = Effect.map(temporaryFolder, (folder) => {
  const start = (args: ReadonlyArray<string>, env: Readonly<Record<string, string>> = {}) =>
    spawn(process.execPath, [bundle(), ...args], { cwd: folder, env: { HOME: folder, ...env } })
  return {
    folder,
    /** Runs a command to its end, with `input` as its standard input. */
    run: (args: ReadonlyArray<string>, env: Readonly<Record<string, string>> = {}, input = "") =>
      runCommand(args, { HOME: folder, ...env }, folder, input),
    /** Runs a command to its end after `begin`, with its input left open. */
    runOpen: (
      args: ReadonlyArray<string>,
      env: Readonly<Record<string, string>>,
      begin: (child: ChildProcessWithoutNullStreams) => void
    ) => runProcess(() => start(args, env), begin),
    /** Serves until the scope ends. */
    serve: (args: ReadonlyArray<string>, env?: Readonly<Record<string, string>>) =>
      running(() => start(["serve", ...args], env)),
    /** Serves a simulated Kraken until the scope ends. */
    exchange: (args: ReadonlyArray<string>) => running(() => start(["exchange", ...args]))
  }
})

const runProcess = (
  start: () => ChildProcessWithoutNullStreams,
  begin: (child: ChildProcessWithoutNullStreams) => void
) =>
  Effect.suspend(() => {
    const child = start()
    begin(child)
    return Effect.onInterrupt(ended(child), () => Effect.sync(() => child.kill("SIGKILL")))
  })

/**
 * Runs a command to its end. `env` is its whole environment, and `input` its standard input. Commands at the same time, or
 * with options for Node, get a process each. `entry` is the path of the program.
 */
export const runCommand = (
  args: ReadonlyArray<string>,
  env: Readonly<Record<string, string>>,
  cwd: string,
  input: string,
  entry = bundle()
): Effect.Effect<Ended> =>
  Effect.suspend(() =>
    host.isBusy || "NODE_OPTIONS" in env
      ? runProcess(
          () => spawn(process.execPath, [entry, ...args], { cwd, env }),
          ({ stdin }) => stdin.end(input)
        )
      : hosted({ entry, args, cwd, env, input })
  )

/**
 * The process that runs one command after the other for the files of this worker. A process for each command takes half a
 * second to load the code.
 */
const host: { child: ChildProcess | undefined; isBusy: boolean } = { child: undefined, isBusy: false }

const startHost = () => {
  const child = fork(join(dirname(bundle()), "commandHost.mjs"), {
    env: {},
    execArgv: [],
    stdio: ["ignore", "ignore", "inherit", "ipc"]
  })
  child.unref()
  child.channel?.unref()
  return child
}

const hosted = (request: Request) =>
  Effect.async<Ended>((resume) => {
    const child = (host.child ??= startHost())
    host.isBusy = true
    const release = () => {
      host.isBusy = false
      child.removeAllListeners()
    }
    child.once("message", (ended: Ended) => {
      release()
      resume(Effect.succeed(ended))
    })
    child.once("exit", (code) => {
      release()
      host.child = undefined
      resume(Effect.dieMessage(`The process that runs commands ended with ${code}: ${request.args.join(" ")}`))
    })
    child.send(request)
    return Effect.sync(() => {
      release()
      host.child = undefined
      child.kill("SIGKILL")
    })
  })

const running = (start: () => ChildProcessWithoutNullStreams) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const child = start()
      return { child, end: ended(child), stderr: text(child.stderr), stdout: text(child.stdout) }
    }),
    ({ child }) => Effect.sync(() => child.kill("SIGKILL"))
  ).pipe(
    Effect.map(({ child, end, stderr, stdout }) => {
      const once = (stream: NodeJS.ReadableStream, said: () => string) => (awaited: string) =>
        Effect.async<string, NeverSaid>((resume) => {
          const look = () => {
            if (said().includes(awaited)) resume(Effect.succeed(said()))
          }
          stream.on("data", look)
          child.once("close", () => resume(new NeverSaid({ awaited, said: said() })))
          look()
        })
      return {
        /** Waits until stderr includes a text, and returns all of stderr so far. */
        told: once(child.stderr, stderr),
        /** Waits until stdout includes a text, and returns all of stdout so far. */
        printed: once(child.stdout, stdout),
        stop: Effect.zipRight(
          Effect.sync(() => child.kill("SIGTERM")),
          end
        )
      }
    })
  )

const text = (stream: NodeJS.ReadableStream) => {
  let text = ""
  stream.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk
  })
  return () => text
}

const ended = (
  child: ChildProcess & { readonly stdout: NodeJS.ReadableStream; readonly stderr: NodeJS.ReadableStream }
) => {
  const stdout = text(child.stdout)
  const stderr = text(child.stderr)
  return Effect.async<Ended>((resume) => {
    child.once("close", (code) => resume(Effect.succeed({ code, stdout: stdout(), stderr: stderr() })))
  })
}
