import type { Database } from "better-sqlite3"
import { Schema } from "effect"
import { createHash } from "node:crypto"
import { deflateRawSync, inflateRawSync } from "node:zlib"
import { blockLength, type Summary } from "../../exchange/base/history.ts"
import type { ArchivedBlock, Archives } from "../../exchange/state/stateSnapshot.ts"
import { PaperAccountBroken } from "../../services/PaperAccountBroken.ts"
import type { AccountId } from "./accountId.ts"

export type Block = ArchivedBlock

/** The state of an account after an entry. */
export interface Snapshot {
  readonly seq: number
  /** Time of that entry in Unix milliseconds. */
  readonly at: number
  readonly format: number
  readonly text: string
}

/** Snapshots of accounts, and the blocks of their histories. */
export interface SnapshotStore {
  /** Stores a snapshot with its new blocks, and deletes what only a snapshot before the last one needed. */
  readonly keep: (id: AccountId, snapshot: Snapshot, blocks: ReadonlyArray<Block>) => void
  /** Returns the newest snapshot before a number that is as it was stored; undefined if there is none. */
  readonly snapshotBefore: (id: AccountId, seq: number) => Snapshot | undefined
  readonly archives: (id: AccountId) => Archives
  /** Deletes all snapshots and blocks of an account. */
  readonly forget: (id: AccountId) => void
}

/** Snapshots that are kept of an account: the older one helps if the newer one is damaged. */
const kept = 2

/** Prepares the statements of a store. Each is a part of its caller's transaction. */
export const makeSnapshotStatements = (file: string, db: Database): SnapshotStore => {
  const statements = {
    put: db.prepare(
      "INSERT OR REPLACE INTO snapshots (account, market, seq, at, format, hash, body) VALUES (?, ?, ?, ?, ?, ?, ?)"
    ),
    before: db.prepare(
      `SELECT seq, at, format, hash, body FROM snapshots
       WHERE account = ? AND market = ? AND seq < ? ORDER BY seq DESC LIMIT 1`
    ),
    oldestKept: db
      .prepare(
        `SELECT seq FROM snapshots WHERE account = ? AND market = ? ORDER BY seq DESC LIMIT 1 OFFSET ${kept - 1}`
      )
      .pluck(),
    dropSnapshots: db.prepare("DELETE FROM snapshots WHERE account = ? AND market = ? AND seq < ?"),
    dropEntries: db.prepare("DELETE FROM journal WHERE account = ? AND market = ? AND seq <= ?"),
    number: db.prepare("SELECT number FROM histories WHERE account = ? AND market = ? AND history = ?").pluck(),
    name: db.prepare("INSERT INTO histories (account, market, history) VALUES (?, ?, ?)"),
    putBlock: db.prepare(
      "INSERT OR REPLACE INTO blocks (key, earliest, latest, counts, ids, body) VALUES (?, ?, ?, ?, ?, ?)"
    ),
    summaries: db.prepare("SELECT earliest, latest, counts FROM blocks WHERE key >= ? AND key < ? ORDER BY key"),
    block: db.prepare("SELECT body FROM blocks WHERE key = ?").pluck(),
    withId: db.prepare(
      "SELECT key, ids FROM blocks WHERE key >= ? AND key < ? AND instr(ids, ?) > 0 ORDER BY key DESC LIMIT 1"
    ),
    dropBlocks: db.prepare(
      `DELETE FROM blocks WHERE EXISTS (
         SELECT 1 FROM histories WHERE account = ? AND market = ? AND number = blocks.key / ${span}
       )`
    ),
    dropHistories: db.prepare("DELETE FROM histories WHERE account = ? AND market = ?")
  }
  const numberOf = ({ account, market }: AccountId, history: string): number | undefined => {
    const number = statements.number.get(account, market, history)
    return number === undefined ? undefined : Number(number)
  }
  return {
    keep: (id, { at, format, seq, text }, blocks) => {
      const { account, market } = id
      for (const { history, ids, number, summary, text } of blocks) {
        const known = numberOf(id, history) ?? Number(statements.name.run(account, market, history).lastInsertRowid)
        const counts = JSON.stringify(summary.groups)
        statements.putBlock.run(
          known * span + number,
          summary.from,
          summary.to,
          counts,
          ` ${ids.join(" ")} `,
          packed(text)
        )
      }
      statements.put.run(account, market, seq, at, format, hashOf(text), packed(text))
      const oldest = statements.oldestKept.get(account, market)
      if (oldest === undefined) return
      statements.dropSnapshots.run(account, market, oldest)
      statements.dropEntries.run(account, market, oldest)
    },
    snapshotBefore: ({ account, market }, before) => {
      for (let seq = before; ;) {
        const row = statements.before.get(account, market, seq)
        if (row === undefined) return undefined
        const { body, hash, ...rest } = decodeSnapshot(row)
        const text = unpacked(body)
        if (text !== undefined && hashOf(text).equals(hash)) return { ...rest, text }
        seq = rest.seq
      }
    },
    archives: (id) => {
      const range = (history: string) => {
        const number = numberOf(id, history)
        return number === undefined ? undefined : ([number * span, (number + 1) * span] as const)
      }
      return {
        summaries: (history) => {
          const keys = range(history)
          return keys === undefined ? [] : decodeSummaries(statements.summaries.all(...keys))
        },
        block: (history, number) => {
          const [first] = range(history) ?? []
          const body = first === undefined ? undefined : statements.block.get(first + number)
          const text = body instanceof Uint8Array ? unpacked(body) : undefined
          if (text !== undefined) return text
          const reason = `block ${number} of its history is missing or damaged`
          throw new PaperAccountBroken({ account: id.account, file, reason })
        },
        placeOf: (history, wanted) => {
          const keys = range(history)
          const row = keys && statements.withId.get(...keys, ` ${wanted} `)
          if (keys === undefined || row === undefined) return undefined
          const { ids, key } = decodeIds(row)
          const place = ids.trim().split(" ").indexOf(wanted)
          return place < 0 ? undefined : (key - keys[0]) * blockLength + place
        }
      }
    },
    forget: ({ account, market }) => {
      statements.dropSnapshots.run(account, market, Number.MAX_SAFE_INTEGER)
      statements.dropBlocks.run(account, market)
      statements.dropHistories.run(account, market)
    }
  }
}

/** Blocks that a history can have. */
const span = 2 ** 32

/** Compresses a text quickly: its field names repeat. */
const packed = (text: string): Buffer => deflateRawSync(text, { level: 1 })

/** Returns the text, or undefined if the bytes are damaged. */
const unpacked = (bytes: Uint8Array): string | undefined => {
  try {
    return inflateRawSync(bytes).toString("utf8")
  } catch {
    return undefined
  }
}

const hashOf = (text: string): Buffer => createHash("sha256").update(text).digest()

const decodeSnapshot = Schema.decodeUnknownSync(
  Schema.Struct({
    seq: Schema.Int,
    at: Schema.Int,
    format: Schema.Int,
    hash: Schema.Uint8ArrayFromSelf,
    body: Schema.Uint8ArrayFromSelf
  })
)

const decodeIds = Schema.decodeUnknownSync(Schema.Struct({ key: Schema.Int, ids: Schema.String }))

const decodeGroups = Schema.decodeUnknownSync(
  Schema.parseJson(Schema.Record({ key: Schema.String, value: Schema.Int }))
)

/** Decodes what is known of blocks. Most blocks of a history have the same counts, and there are many of them. */
const decodeSummaries = (rows: ReadonlyArray<unknown>): ReadonlyArray<Summary> => {
  const known = new Map<string, Summary["groups"]>()
  return rows.map((row) => {
    const { counts, earliest, latest } = Object(row)
    // There are many rows: a schema would take most of the time.
    if (typeof counts !== "string" || !Number.isInteger(earliest) || !Number.isInteger(latest))
      throw new Error("what is known of its history is damaged")
    const read = known.get(counts) ?? decodeGroups(counts)
    known.set(counts, read)
    return { from: earliest, to: latest, groups: read }
  })
}
