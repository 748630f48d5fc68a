import { DateTime, Effect } from "effect"
import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  fsyncSync,
  lstatSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync
} from "node:fs"
import { dirname } from "node:path"
import { makeFolder } from "../../layers/process/makeFolder.ts"
import { syncFolder } from "../../layers/storage/syncFolder.ts"
import { SetupRefusal } from "./kit/refusal.ts"

/** A configuration file of a client, as it was read. */
export interface ConfigFile {
  /** The path by which the client opens it. */
  readonly path: string
  /** The file itself, if the path is a symbolic link. */
  readonly target: string
  /** Undefined if there is no file. */
  readonly bytes: Buffer | undefined
  /** The text without a byte order mark. Empty if there is no file. */
  readonly text: string
  /** The permission bits of the file, or those of a new one. */
  readonly mode: number
}

const mark = "\uFEFF"

const refuse = (path: string, reason: string) =>
  new SetupRefusal({ message: `${path} is left alone, since it ${reason}.` })

/** Reads a configuration file, and follows a symbolic link. Fails if it is not a text in UTF-8. */
export const readConfig = (path: string): Effect.Effect<ConfigFile, SetupRefusal> =>
  Effect.try({
    try: (): ConfigFile => {
      if (!existsSync(path)) {
        if (isLink(path)) throw new Error("is a link to a file that does not exist")
        return { path, target: path, bytes: undefined, text: "", mode: 0o600 }
      }
      const target = realpathSync(path)
      const stats = statSync(target)
      if (!stats.isFile()) throw new Error("is not a file")
      const bytes = readFileSync(target)
      return { path, target, bytes, text: textOf(bytes), mode: stats.mode & 0o777 }
    },
    catch: (error) => {
      const { code, message } = Object(error)
      return refuse(path, code === undefined ? message : `can't be read (${code})`)
    }
  })

const isLink = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false

const textOf = (bytes: Buffer): string => {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes)
  } catch {
    throw new Error("is not a text in UTF-8")
  }
}

/** Keeps a copy of a configuration file beside it, with its mode, and returns the path. Undefined if there is no file. */
export const keepCopy = Effect.fn("setup.keepCopy")(function* ({ bytes, mode, path, target }: ConfigFile) {
  if (bytes === undefined) return undefined
  const time = yield* stamp
  return yield* attempt(path, () => {
    const copy = unused(`${target}.backup-${time}`)
    copyFileSync(target, copy, constants.COPYFILE_EXCL)
    chmodSync(copy, mode)
    return copy
  })
})

/**
 * Replaces the text of a configuration file at once: readers see the old text or the new one. A copy of the old file is kept
 * beside it, and its path is returned. The mode stays. Fails if somebody changed the file since it was read.
 */
export const writeConfig = Effect.fn("setup.writeConfig")(function* (file: ConfigFile, text: string) {
  const copy = yield* keepCopy(file)
  const time = yield* stamp
  yield* Effect.tapError(
    attempt(file.path, () => replace(file, text, time)),
    () => Effect.sync(() => copy !== undefined && rmSync(copy, { force: true }))
  )
  return copy
})

/** The time for the name of a file, such as `20261129T184239Z`. */
const stamp = Effect.map(DateTime.now, (now) => DateTime.formatIso(now).replaceAll(/[-:]|\.\d+/g, ""))

const attempt = <A>(path: string, change: () => A): Effect.Effect<A, SetupRefusal> =>
  Effect.try({
    try: change,
    catch: (error) => {
      const { code, message } = Object(error)
      return refuse(path, code === undefined ? message : `can't be written (${code})`)
    }
  })

const replace = ({ bytes, mode, target }: ConfigFile, text: string, time: string): void => {
  makeFolder(dirname(target))
  const fresh = unused(`${target}.new-${time}`)
  const hasMark = bytes?.subarray(0, 3).toString("hex") === "efbbbf"
  try {
    writeSynced(fresh, (hasMark ? mark : "") + text, mode)
    const now = existsSync(target) ? readFileSync(target) : undefined
    if (now === undefined ? bytes !== undefined : bytes === undefined || !now.equals(bytes))
      throw new Error("was changed by another program meanwhile")
    renameSync(fresh, target)
  } catch (error) {
    rmSync(fresh, { force: true })
    throw error
  }
  syncFolder(dirname(target))
}

const writeSynced = (file: string, text: string, mode: number): void => {
  const opened = openSync(file, "wx", mode)
  try {
    writeSync(opened, text)
    // The mask of the process takes bits away when a file is made.
    chmodSync(file, mode)
    fsyncSync(opened)
  } finally {
    closeSync(opened)
  }
}

/** Finds a path that is not taken, by a number at its end. */
const unused = (path: string): string => {
  for (let n = 1; ; n++) {
    const candidate = n === 1 ? path : `${path}-${n}`
    if (!existsSync(candidate)) return candidate
  }
}
