import { Deferred, Effect } from "effect"
import { spawn } from "node:child_process"
import { createInterface } from "node:readline"
import { escapeText } from "../../../domain/wire/escapeText.ts"
import type { Start } from "../kit/connection.ts"
import type { Place } from "../kit/place.ts"
import { SetupRefusal } from "../kit/refusal.ts"
import type { Send } from "./session.ts"

/**
 * The variables that clients pass on to a server that they start, as MCP's SDK has them.
 *
 * @see https://github.com/modelcontextprotocol/typescript-sdk/blob/main/src/client/stdio.ts read 2026-11-29
 */
const inherited = {
  windows: [
    "APPDATA",
    "HOMEDRIVE",
    "HOMEPATH",
    "LOCALAPPDATA",
    "PATH",
    "PROCESSOR_ARCHITECTURE",
    "PROGRAMFILES",
    "SYSTEMDRIVE",
    "SYSTEMROOT",
    "TEMP",
    "USERNAME",
    "USERPROFILE"
  ],
  others: ["HOME", "LOGNAME", "PATH", "SHELL", "TERM", "USER"]
}

/** Leaves those variables that a client passes on, so that a variable of this shell does not make the check succeed. */
export const variablesOf = ({ environment, platform }: Place): Record<string, string> => {
  const isWindows = platform === "win32"
  const names = isWindows ? inherited.windows : inherited.others
  return Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) =>
      value !== undefined && names.includes(isWindows ? name.toUpperCase() : name) ? [[name, value]] : []
    )
  )
}

/** The most characters of the server's log that are quoted. */
const longest = 300

/** The time for a server to end after its input was closed, in milliseconds. */
const patience = 5000

/** Starts a server as a client does, in the home folder, until the scope ends. Returns the way to call it. */
export const startServer = Effect.fn("setup.startServer")(function* ({ args, command }: Start, place: Place) {
  const waiting = new Map<number, (answer: unknown) => void>()
  const ended = yield* Deferred.make<never, SetupRefusal>()
  let told = ""
  const child = yield* Effect.acquireRelease(
    Effect.sync(() => spawn(command, args, { cwd: place.home, env: variablesOf(place), windowsHide: true })),
    (child) =>
      Effect.async<void>((resume) => {
        if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return resume(Effect.void)
        const timer = setTimeout(() => child.kill("SIGKILL"), patience)
        child.once("close", () => {
          clearTimeout(timer)
          resume(Effect.void)
        })
        child.stdin.end()
      })
  )
  const fail = (reason: string) =>
    Deferred.unsafeDone(ended, new SetupRefusal({ message: `The server that it starts ${reason}` }))
  child.once("error", ({ message }) => fail(`can't be started: ${escapeText(message)}.`))
  child.once("close", (code) => fail(`ended with exit code ${code}.${lastLine(told)}`))
  // A server that has ended reads nothing more.
  child.stdin.on("error", () => undefined)
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    told = (told + chunk).slice(-10_000)
  })
  createInterface({ input: child.stdout }).on("line", (line) => {
    const message = parsed(line)
    waiting.get(Number(Object(message).id))?.(message)
  })
  const send: Send = (message) =>
    Effect.async<unknown, SetupRefusal>((resume) => {
      const { id } = message
      if (id !== undefined) waiting.set(id, (answer) => resume(Effect.succeed(answer)))
      child.stdin.write(`${JSON.stringify(message)}\n`)
      if (id === undefined) resume(Effect.void)
    }).pipe(Effect.raceFirst(Deferred.await(ended)))
  return send
})

const lastLine = (told: string): string => {
  const line = told.trim().split("\n").at(-1) ?? ""
  return line === "" ? "" : ` Its log ends with: ${escapeText(line.slice(0, longest))}`
}

const parsed = (line: string): unknown => {
  try {
    return JSON.parse(line)
  } catch {
    // A line of a log on the wrong stream. Without an answer, the check runs out of time.
    return undefined
  }
}
