import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from "node:fs"
import { createHash } from "node:crypto"
import { dirname, join } from "node:path"
import type { AccountId } from "./accountId.ts"

/** The last entry of an account: its generation, and its number in it. */
export interface LastEntry {
  readonly generation: number
  readonly seq: number
}

/**
 * The last entry of each account in a small file of its own beside `paper.db`. SQLite goes back to an older state without
 * a word if the end of its write-ahead log is lost, or if an older file is put in place of a newer one. These files say
 * that entries are missing then. They are written after an entry is, and might lag behind by the last one.
 */
export interface AccountHeads {
  /** Returns what was written last; undefined if nothing that can be read was. */
  readonly read: (id: AccountId) => LastEntry | undefined
  readonly write: (id: AccountId, last: LastEntry) => void
}

/** Returns the folder of the files, given the path of `paper.db`. */
export const headsFolderOf = (file: string): string => join(dirname(file), "paper-heads")

/** Forgets the last entries of all accounts, if it can: `paper.db` was replaced on purpose. */
export const forgetHeads = (file: string): void => {
  try {
    rmSync(headsFolderOf(file), { recursive: true, force: true })
  } catch {
    // Accounts that were further are refused, in words that tell what to do.
  }
}

export const makeAccountHeads = (file: string): AccountHeads => {
  const folder = headsFolderOf(file)
  const pathOf = ({ account, market }: AccountId) =>
    join(folder, createHash("sha256").update(`${account} ${market}`).digest("hex").slice(0, 32))
  return {
    read: (id) => {
      try {
        const [, generation, seq] = /^(\d{1,15}) (\d{1,15})\n/.exec(readFileSync(pathOf(id), "utf8")) ?? []
        return generation === undefined ? undefined : { generation: Number(generation), seq: Number(seq) }
      } catch {
        return undefined
      }
    },
    write: (id, { generation, seq }) => {
      // Of one length, so that a write replaces what was there.
      const text = `${generation} ${seq}\n`.padEnd(length)
      try {
        write(pathOf(id), text)
      } catch {
        // The entry is in `paper.db`, which counts.
      }
    }
  }
}

const length = 40

const write = (path: string, text: string): void => {
  const opened = open(path)
  try {
    writeSync(opened, text, 0)
  } finally {
    closeSync(opened)
  }
}

const open = (path: string): number => {
  try {
    return openSync(path, "r+")
  } catch {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    return openSync(path, "a", 0o600)
  }
}
