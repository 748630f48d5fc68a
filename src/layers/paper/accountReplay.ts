import { type Answer, journalFormat, mustJournal, replay } from "../../exchange/commands/handle.ts"
import { hash, seedOf } from "../../exchange/base/ids.ts"
import type { Market } from "../../exchange/state/market.ts"
import { type Exchange, makeExchange } from "../../exchange/state/state.ts"
import { type Pairs, restoreSnapshot, snapshotFormat } from "../../exchange/state/stateSnapshot.ts"
import { PaperAccountBroken } from "../../services/PaperAccountBroken.ts"
import { reasonOf } from "../storage/databaseFile.ts"
import type { LastEntry } from "./accountHeads.ts"
import type { AccountId } from "./accountId.ts"
import type { Entry, Head, Journal } from "./journal.ts"

/** An account in memory: an exchange of its own, in the state after the entry `seq`. */
export interface Loaded {
  readonly x: Exchange
  /** All pairs that orders and trades in the archives refer to. */
  readonly pairs: Pairs
  readonly generation: number
  seq: number
  /** Time of that entry. */
  at: number
  /** The number of the entry of its last snapshot, 0 without one. */
  snapshot: number
}

/** Makes the reading of accounts from a journal. `open` opens a market for one exchange. */
export const makeAccountReplay = (journal: Journal, open: () => Market) => {
  const current = (id: AccountId, known: Loaded | undefined): Loaded | undefined => {
    // Read before the transaction sees the account: another process can add entries at any moment.
    const newest = known === undefined ? journal.heads.read(id) : undefined
    const head = journal.head(id)
    requireNewest(newest, head)
    if (head === undefined) return undefined
    if (head.format !== journalFormat) {
      throw new Error(`it was written by another version of mcp-kraken (format ${head.format}, not ${journalFormat})`)
    }
    if (known?.generation === head.generation) {
      requireNewest({ generation: known.generation, seq: known.seq }, head)
      if (known.seq === head.seq) return known
      // Another process has deleted entries behind a snapshot, or a read has moved this account's time beyond an entry of
      // another process: then it is read from the snapshot.
      const [next] = journal.after(id, known.seq)
      if (next?.seq === known.seq + 1 && next.at >= known.x.now) return replayTo(id, known, head)
    }
    return replayTo(id, lastSnapshot(id, head) ?? first(id, head), head)
  }

  /** Makes an account from its newest snapshot that can be read. */
  const lastSnapshot = (id: AccountId, { generation, seq }: Head): Loaded | undefined => {
    for (let before = seq + 1; ;) {
      const found = journal.snapshotBefore(id, before)
      if (found === undefined) return undefined
      if (found.format > snapshotFormat) throw new Error("it was written by a newer version of mcp-kraken")
      try {
        const { exchange, pairs } = restoreSnapshot(found.text, open(), journal.archives(id))
        return { x: exchange, pairs, generation, seq: found.seq, at: found.at, snapshot: found.seq }
      } catch {
        before = found.seq
      }
    }
  }

  /** Makes an account before its first entry. */
  const first = (id: AccountId, head: Head): Loaded => {
    const [entry] = journal.after(id, 0)
    if (entry === undefined) throw new Error("it has no entries")
    return fresh(id, head, entry.at)
  }

  const fresh = ({ account, market }: AccountId, { generation }: Pick<Head, "generation">, at: number): Loaded => ({
    // The seed keeps ids apart from those of other accounts and from before a reset.
    x: makeExchange(open(), at, { seed: hash(seedOf(account), seedOf(market), generation), rules: 1 }),
    pairs: [],
    generation,
    seq: 0,
    at,
    snapshot: 0
  })

  const replayTo = (id: AccountId, known: Loaded, head: Head): Loaded => {
    while (known.seq < head.seq) {
      const entries = journal.after(id, known.seq)
      replayAll(id, known, entries)
      if (entries.length === 0) throw new Error(missing(known.seq + 1, head.seq))
    }
    return known
  }

  return {
    /** Makes an account without entries, whose exchange begins at a time. */
    fresh,
    /**
     * Brings an account to its present state, in a transaction: one that is `known` from where it is, else from its newest
     * snapshot. Undefined if it was never opened.
     */
    current: (id: AccountId, known: Loaded | undefined): Loaded | undefined =>
      explained(id, journal.file, () => current(id, known))
  }
}

/** Runs a step, and throws what is wrong with the account as an error that names it. */
const explained = <A>({ account }: AccountId, file: string, run: () => A): A => {
  try {
    return run()
  } catch (error) {
    if (error instanceof PaperAccountBroken) throw error
    // An error of SQLite concerns the file, not the account, unless the file is damaged.
    const code = String(Object(error).code)
    if (code.startsWith("SQLITE_") && !code.startsWith("SQLITE_CORRUPT")) throw error
    throw new PaperAccountBroken({ account, file, reason: reasonOf(error) })
  }
}

/**
 * Replays entries. Throws if one is missing or ends otherwise than it did: the state would not be the journalled one. Of
 * a refusal its error counts, not the details after it.
 */
const replayAll = ({ account }: AccountId, known: Loaded, entries: ReadonlyArray<Entry>): void => {
  for (const { at, endpoint, outcome, params, seq } of entries) {
    if (seq !== known.seq + 1) throw new Error(missing(known.seq + 1, seq - 1))
    const answer = replay(known.x, { endpoint, params: JSON.parse(params), now: at, account })
    if (errorOf(outcomeOf(answer)) !== errorOf(outcome) || !mustJournal({ endpoint }, answer)) {
      throw new Error(`entry ${seq} (${endpoint}) ended in "${outcome}" and now ends in "${outcomeOf(answer)}"`)
    }
    known.seq = seq
    known.at = at
  }
}

const missing = (from: number, to: number): string =>
  from === to ? `entry ${from} is missing` : `entries ${from} to ${to} are missing`

/** Throws if an account was further than the file says. */
const requireNewest = (known: LastEntry | undefined, head: LastEntry | undefined): void => {
  if (known === undefined) return
  const { generation, seq } = head ?? { generation: 0, seq: 0 }
  if (generation > known.generation || (generation === known.generation && seq >= known.seq)) return
  throw new Error(
    generation < known.generation
      ? `${olderFile}, which has begun anew since, and the newer entries are missing`
      : `${olderFile}: of the newest, ${missing(seq + 1, known.seq)}`
  )
}

/** The beginning of the reason why an account is refused whose newest entries are lost. */
export const olderFile = "the file is older than the account"

/** The outcome of an entry: `ok`, or the errors of a refusal. */
export const outcomeOf = (answer: Answer): string => ("errors" in answer ? answer.errors.join("; ") : "ok")

/** The errors of an outcome without details: `EOrder:Invalid price:XXBTZUSD price can …` is `EOrder:Invalid price`. */
const errorOf = (outcome: string): string =>
  outcome
    .split("; ")
    .map((error) => error.split(":").slice(0, 2).join(":"))
    .join("; ")
