import { Clock, DateTime, Duration, Effect, Option, Schema } from "effect"
import { readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs"
import { hostname } from "node:os"
import { join } from "node:path"
import process from "node:process"
import { version } from "../../version.ts"
import { makeFolder } from "./makeFolder.ts"

const Server = Schema.Struct({
  version: Schema.String,
  pid: Schema.Int,
  /** The host name. Containers have names of their own. */
  host: Schema.String,
  started: Schema.DateTimeUtc,
  /** The address of its MCP endpoint, or `stdio`. */
  address: Schema.String,
  /** True if only this machine can connect. Absent for `stdio`, and in the file of an earlier version. */
  isLocal: Schema.optional(Schema.Boolean),
  /** The writes that it sends when a person approves them. Absent in the file of an earlier version. */
  sends: Schema.optional(
    Schema.Struct({
      callers: Schema.Literal("local", "tokens"),
      /** Parts of Kraken's API. Empty for a server that only reads. */
      parts: Schema.Array(Schema.String)
    })
  )
})

/** A server process that uses a state folder. */
export type RunningServer = typeof Server.Type

const File = Schema.parseJson(Server)

/** The folder in the state folder with one small file a server. */
export const serversFolder = (stateDir: string): string => join(stateDir, "servers")

/** The pause between two heartbeats, each of which sets the time of the server's file. */
const heartbeat = Duration.minutes(1)

/** The age of the last heartbeat at which a server counts as ended, in milliseconds. */
const heartbeatTimeout = Duration.toMillis("3 minutes")

/**
 * Leaves a file that describes this server in the state folder until the scope ends. Files of servers that have ended
 * without removing theirs are removed. A file that cannot be written is not an error: it only helps to find servers.
 */
export const announceServer = Effect.fn("process.announceServer")(function* (
  stateDir: string,
  { address, isLocal, sends }: Pick<RunningServer, "address" | "isLocal" | "sends">
) {
  const folder = serversFolder(stateDir)
  const host = hostname()
  const file = join(folder, `${host.replaceAll(/[^\w.-]/g, "_")}-${process.pid}.json`)
  const text = yield* Effect.orDie(
    Schema.encode(File)({ version, pid: process.pid, host, started: yield* DateTime.now, address, isLocal, sends })
  )
  const write = Effect.flatMap(Clock.currentTimeMillis, (now) =>
    Effect.sync(() => {
      makeFolder(folder)
      for (const { file, isRunning } of filesIn(folder, now)) if (!isRunning) rmSync(file, { force: true })
      writeFileSync(`${file}.new`, text, { mode: 0o600 })
      renameSync(`${file}.new`, file)
    })
  )
  const remove = Effect.sync(() => rmSync(file, { force: true }))
  const touch = Effect.flatMap(Clock.currentTimeMillis, (now) =>
    Effect.sync(() => utimesSync(file, now / 1000, now / 1000))
  )
  yield* Effect.acquireRelease(unlessFailing(write), () => unlessFailing(remove))
  yield* Effect.forkScoped(Effect.forever(Effect.delay(unlessFailing(touch), heartbeat)))
})

const unlessFailing = (effect: Effect.Effect<void>) =>
  Effect.catchAllDefect(effect, (defect) =>
    Effect.logDebug(`The file that describes this server can't be written: ${String(defect)}`)
  )

/** Lists the servers that use a state folder now, oldest first. Changes nothing. */
export const runningServers = Effect.fn("process.runningServers")(function* (stateDir: string) {
  const now = yield* Clock.currentTimeMillis
  return filesIn(serversFolder(stateDir), now)
    .flatMap(({ isRunning, server }) => (isRunning ? Option.toArray(server) : []))
    .toSorted((a, b) => a.started.epochMillis - b.started.epochMillis)
})

const decode = Schema.decodeUnknownOption(File)

const filesIn = (folder: string, now: number) => {
  const own = hostname()
  return namesIn(folder).flatMap((name) => {
    const file = join(folder, name)
    const stats = statSync(file, { throwIfNoEntry: false })
    if (stats === undefined || !name.endsWith(".json")) return []
    const server = decode(textOf(file))
    const isRunning =
      now - stats.mtimeMs < heartbeatTimeout && Option.exists(server, ({ host, pid }) => host !== own || isAlive(pid))
    return [{ file, server, isRunning }]
  })
}

const namesIn = (folder: string): ReadonlyArray<string> => {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

const textOf = (file: string): string | undefined => {
  try {
    return readFileSync(file, "utf8")
  } catch {
    // Another server has removed it meanwhile.
    return undefined
  }
}

/** Checks that a process of this machine exists, of whichever user. */
const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return Object(error).code === "EPERM"
  }
}
