import { Effect, Either, Schema } from "effect"
import { randomBytes } from "node:crypto"
import {
  appendFileSync,
  closeSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeSync
} from "node:fs"
import { join } from "node:path"
import { defaultAccount, type KrakenAccountName } from "../../../../services/KrakenAccount.ts"
import { reasonOf } from "../../../storage/databaseFile.ts"
import { syncFolder } from "../../../storage/syncFolder.ts"
import { PanicFileFailed } from "./panicParts.ts"
import { PanicOptions, PanicReport } from "./panicReport.ts"

/**
 * The files in the state folder by which a panic without an API key has a server do its work. `ID` is a name of eight
 * letters, and `KEY` the beginning of the hash of an API key.
 *
 * - `panic-ID.request` holds what is asked for.
 * - `panic-ID-KEY.log` belongs to the server that works on it, with a line for each step. It is touched as long as that
 *   server runs.
 * - `panic-ID-KEY.report` is the end.
 */
const requestName = /^panic-(?<id>[a-z0-9]{8})\.request$/

const logName = (id: string, key: string): string => `panic-${id}-${key.slice(0, 12)}.log`
const reportName = (id: string, key: string): string => `panic-${id}-${key.slice(0, 12)}.report`

/** A panic that a command asks the servers for. */
const Request = Schema.Struct({ at: Schema.Number, options: PanicOptions })

const decodeRequest = Schema.decodeUnknownEither(Schema.parseJson(Request))
const decodeReport = Schema.decodeUnknownEither(Schema.parseJson(PanicReport))

/** The age at which a request is no longer carried out, in milliseconds. */
const requestEnds = 120_000

/** The time without a sign of life after which another server works on a request, in milliseconds. */
const lease = 10_000

const attempt = <A>(what: string, run: () => A) =>
  Effect.try({ try: run, catch: (error) => new PanicFileFailed({ message: `${what}: ${reasonOf(error)}.` }) })

/** Writes a whole file for its owner only, under a name that appears once its contents are on the disk. */
const writeWhole = (folder: string, name: string, text: string): void => {
  const draft = join(folder, `.${name}.${randomBytes(4).toString("hex")}`)
  const opened = openSync(draft, "wx", 0o600)
  try {
    writeSync(opened, text)
    fsyncSync(opened)
  } finally {
    closeSync(opened)
  }
  renameSync(draft, join(folder, name))
  syncFolder(folder)
}

/** Asks the servers of a state folder to do the work of a panic. Returns the id of the request. */
export const askServers = (folder: string, at: number, options: PanicOptions) =>
  attempt("Servers can't be asked to cancel", () => {
    for (const name of readdirSync(folder))
      if (/^panic-.*\.(request|log|report)$/.test(name)) removeOld(join(folder, name), at)
    const id = randomBytes(4).toString("hex")
    writeWhole(folder, `panic-${id}.request`, JSON.stringify({ at, options }))
    return id
  })

/** The age at which the files of a request are removed, in milliseconds. */
const forgottenAfter = 3_600_000

const removeOld = (file: string, now: number): void => {
  const found = statSync(file, { throwIfNoEntry: false })
  if (found !== undefined && now - found.mtimeMs > forgottenAfter) rmSync(file, { force: true })
}

/** The state of the work on a request, of all servers that work on it. */
export interface Work {
  /** Lines about their progress. */
  readonly lines: ReadonlyArray<string>
  readonly working: number
  /** The beginnings of the hashes of the API keys that reports are of. */
  readonly keys: ReadonlyArray<string>
  readonly reports: ReadonlyArray<PanicReport>
}

/** Reads how far the servers are. */
export const readWork = (folder: string, id: string) =>
  attempt("The state folder can't be read", (): Work => {
    const names = readdirSync(folder)
    const of = (ending: string) => names.filter((name) => name.startsWith(`panic-${id}-`) && name.endsWith(ending))
    const done = of(".report").flatMap((name) => {
      const report = decodeReport(readFileSync(join(folder, name), "utf8"))
      return Either.isRight(report)
        ? [{ report: report.right, key: name.slice(`panic-${id}-`.length, -".report".length) }]
        : []
    })
    const lines = of(".log").flatMap((name) =>
      readFileSync(join(folder, name), "utf8")
        .split("\n")
        .filter((line) => line !== "")
    )
    return {
      lines,
      working: of(".log").length,
      keys: done.map(({ key }) => key),
      reports: done.map(({ report }) => report)
    }
  })

/** Removes the files of a request. */
export const removeWork = (folder: string, id: string): Effect.Effect<void> =>
  Effect.ignore(
    attempt("", () => {
      for (const name of readdirSync(folder).filter((name) => name.startsWith(`panic-${id}`)))
        rmSync(join(folder, name), { force: true })
    })
  )

/** A request that this server works on now. */
export interface ClaimedRequest {
  readonly options: PanicOptions
  readonly say: (line: string) => Effect.Effect<void>
  /** Shows that this server still works on it. */
  readonly touch: Effect.Effect<void>
  readonly finish: (report: PanicReport) => Effect.Effect<void>
}

/**
 * Takes a request that no server with the key of this account works on, unless it is for another account. `done` holds the
 * ids that this server has worked on.
 */
export const claimRequest = (
  folder: string,
  key: string,
  now: number,
  done: Set<string>,
  account: KrakenAccountName = defaultAccount
) =>
  attempt("The state folder can't be read", (): ClaimedRequest | undefined => {
    for (const name of readdirSync(folder)) {
      const id = requestName.exec(name)?.groups?.["id"]
      if (id === undefined || done.has(id)) continue
      const decoded = decodeRequest(readFileSync(join(folder, name), "utf8"))
      if (Either.isLeft(decoded) || Math.abs(now - decoded.right.at) > requestEnds) continue
      const only = decoded.right.options.account
      if (only !== undefined && only !== account) continue
      const log = join(folder, logName(id, key))
      if (!take(log, now)) continue
      done.add(id)
      return {
        options: decoded.right.options,
        say: (line) => Effect.ignore(attempt("", () => appendFileSync(log, `${line.replaceAll("\n", " ")}\n`))),
        touch: Effect.ignore(attempt("", () => utimesSync(log, new Date(), new Date()))),
        finish: (report) =>
          Effect.ignore(attempt("", () => writeWhole(folder, reportName(id, key), JSON.stringify(report))))
      }
    }
    return undefined
  })

/** Makes the log of a request, or takes over that of a server that shows no sign of life. */
const take = (log: string, now: number): boolean => {
  try {
    closeSync(openSync(log, "wx", 0o600))
    return true
  } catch (error) {
    if (Object(error).code !== "EEXIST") throw error
    const found = statSync(log, { throwIfNoEntry: false })
    return found !== undefined && now - found.mtimeMs > lease
  }
}

/** The names of the files with open orders, of which the newest sorts last. */
export const listName = /^open-orders-.*\.json$/

/** Writes the open orders of an account, for its owner only. */
export const writeOpenOrders = (folder: string, account: string, at: number) => (orders: unknown) =>
  attempt("It can't be written", () => {
    const time = new Date(at).toISOString().replaceAll(/[:.]/g, "-")
    const name = `open-orders-${time}-${randomBytes(3).toString("hex")}.json`
    writeWhole(folder, name, `${JSON.stringify({ account, at: new Date(at).toISOString(), orders }, undefined, 2)}\n`)
    return join(folder, name)
  })
