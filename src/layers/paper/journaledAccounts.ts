import { bigintAsText } from "../../domain/wire/json.ts"
import { type Answer, handle, journalFormat, mustJournal } from "../../exchange/commands/handle.ts"
import { snapshotDelta } from "../../exchange/commands/marketSnapshot/snapshotDelta.ts"
import type { Market } from "../../exchange/state/market.ts"
import { currentRules, type Exchange, type Settings } from "../../exchange/state/state.ts"
import { leaveToArchives, snapshotFormat, takeSnapshot } from "../../exchange/state/stateSnapshot.ts"
import type { Params } from "../../exchange/wire/params.ts"
import { makeBoundedMap } from "../caching/boundedMap.ts"
import { isLocked } from "../storage/databaseFile.ts"
import type { AccountId } from "./accountId.ts"
import { type Loaded, makeAccountReplay, outcomeOf } from "./accountReplay.ts"
import type { Journal } from "./journal.ts"

/** A call on one account: `private/AddOrder`, or one of the operator's such as `control/Deposit`. */
export interface Command {
  readonly endpoint: string
  readonly params: Params
}

export type Limits = Pick<Settings, "tier" | "rateLimits">

interface Options {
  /** Opens a market for one exchange. */
  readonly open: () => Market
  /** Starting balances of a new account, in decimals by asset. */
  readonly balances: Readonly<Record<string, string>>
  /** Rate limits that accounts get from now on. Without them accounts keep their own, and none is opened. */
  readonly limits?: Limits
  /** Entries after which an account gets a new snapshot. */
  readonly snapshotEvery?: number
}

/** Accounts kept in memory at once. The others are read from the journal when they are needed. */
const capacity = 100

/**
 * Makes simulated accounts that follow their journal. Each step first replays entries that other processes have added. A
 * command is computed and journalled while this process holds the file's lock, so that its entry follows the state that
 * it was computed from. Everything is synchronous: no other fiber sees half a step.
 */
export const makeJournaledAccounts = (journal: Journal, options: Options) => {
  const { limits, open, snapshotEvery = 500 } = options
  const { heads } = journal
  const { current, fresh } = makeAccountReplay(journal, open)
  const accounts = makeBoundedMap<string, Loaded>(capacity)
  const keyOf = ({ account, market }: AccountId) => `${account} ${market}`

  /**
   * Finds an account in its present state, in a transaction. Undefined if it was never opened. After a throw nothing of it
   * stays in memory.
   */
  const find = (id: AccountId): Loaded | undefined => {
    const key = keyOf(id)
    const known = accounts.get(key)
    accounts.delete(key)
    const found = current(id, known)
    if (found !== undefined) accounts.set(key, found)
    return found
  }

  /**
   * Stores a snapshot if the last one is long ago. Only the state right after an entry is one that every process gets to:
   * a state after a later read might be ahead of an entry of another process.
   */
  const compact = (id: AccountId, found: Loaded): void => {
    if (found.seq - found.snapshot < snapshotEvery || found.x.now !== found.at) return
    const { blocks, text } = takeSnapshot(found.x, found.pairs)
    journal.keep(id, { seq: found.seq, at: found.at, format: snapshotFormat, text }, blocks)
    leaveToArchives(found.x, found.pairs, journal.archives(id))
    found.snapshot = found.seq
  }

  /** Opens a missing account and updates its limits. The caller holds the file's lock. */
  const prepare = (id: AccountId, now: () => number): Loaded => {
    let found = find(id)
    if (found === undefined) {
      if (limits === undefined) throw new Error(`no account ${keyOf(id)}`)
      journal.begin(id, journalFormat)
      found = begin(id, now)
    }
    const { rateLimits, rules, tier } = found.x.settings
    if (rules !== currentRules)
      perform(id, found, { endpoint: "control/Rules", params: { revision: currentRules } }, now)
    if (limits !== undefined && (limits.tier !== tier || limits.rateLimits !== rateLimits)) {
      const params = { tier: limits.tier, rate_limits: limits.rateLimits }
      perform(id, found, { endpoint: "control/Limits", params }, now)
    }
    compact(id, found)
    return found
  }

  const begin = (id: AccountId, now: () => number): Loaded => {
    const head = journal.head(id)
    if (head === undefined) throw new Error(`no account ${keyOf(id)}`)
    const found = fresh(id, head, now())
    accounts.set(keyOf(id), found)
    const opening = { endpoint: "control/OpenAccount", params: { name: id.account, balances: options.balances } }
    const answer = perform(id, found, opening, now)
    if ("errors" in answer) throw new Error(`a paper account can't be opened: ${answer.errors.join("; ")}`)
    return found
  }

  const perform = ({ account, market }: AccountId, found: Loaded, asked: Command, now: () => number): Answer => {
    const at = Math.max(now(), found.x.now)
    const command = asked.endpoint === "control/Observe" ? withoutKnown(found.x, asked, at) : asked
    // Carried out with the parsed text, so that a replay gets exactly the same parameters.
    const params = JSON.stringify(command.params, bigintAsText)
    const answer = handle(found.x, { endpoint: command.endpoint, params: JSON.parse(params), now: at, account })
    if (mustJournal(command, answer)) {
      const entry = { seq: found.seq + 1, at, endpoint: command.endpoint, params, outcome: outcomeOf(answer) }
      journal.append({ account, market }, entry)
      found.seq = entry.seq
      found.at = at
    }
    return answer
  }

  /**
   * Runs with the file's lock. After a failure the account in memory is ahead of the file, and is dropped. It stays if
   * another process holds the file, since nothing was run.
   */
  const locked = <A>(id: AccountId, run: () => A): A => {
    let hasBegun = false
    try {
      const done = journal.alone(() => {
        hasBegun = true
        return run()
      })
      const found = accounts.get(keyOf(id))
      if (found !== undefined) heads.write(id, found)
      return done
    } catch (error) {
      if (hasBegun) accounts.delete(keyOf(id))
      throw error
    }
  }

  /** Returns true if nothing has to be journalled before the account can be asked. */
  const isReady = (found: Loaded | undefined): found is Loaded => {
    const { rateLimits, rules, tier } = found?.x.settings ?? {}
    const isCurrent = limits?.tier === tier && limits?.rateLimits === rateLimits && rules === currentRules
    return found !== undefined && (limits === undefined || isCurrent)
  }

  /**
   * Finds an account and reads it in one transaction, in which the archives stay as they are. Takes the file's lock only
   * if something has to be journalled first.
   */
  const read = <A>(id: AccountId, now: () => number, run: (found: Loaded) => A): A => {
    const begun = journal.reading(() => {
      const found = find(id)
      if (!isReady(found)) return "not ready"
      return isLongReplay(found) ? "long" : { value: run(found) }
    })
    if (typeof begun === "object") return begun.value
    if (begun === "long") compactIfFree(id)
    else locked(id, () => prepare(id, now))
    return journal.reading(() => {
      const found = find(id)
      if (found === undefined) throw new Error(`no account ${keyOf(id)}`)
      return run(found)
    })
  }

  const isLongReplay = (found: Loaded): boolean =>
    found.seq - found.snapshot >= snapshotEvery * 2 && found.x.now === found.at

  /** Stores a snapshot after a long replay, unless another process holds the file: a read does not wait for it. */
  const compactIfFree = (id: AccountId): void => {
    try {
      locked(id, () => {
        const found = find(id)
        if (found !== undefined) compact(id, found)
      })
    } catch (error) {
      if (!isLocked(error)) throw error
    }
  }

  return {
    /**
     * Computes something from an account. `run` must change nothing but the time. After a throw the account is dropped
     * from memory.
     */
    inspect: <A>(id: AccountId, now: () => number, run: (exchange: Exchange) => A): A => {
      try {
        return read(id, now, ({ x }) => run(x))
      } catch (error) {
        if (!isLocked(error)) accounts.delete(keyOf(id))
        throw error
      }
    },
    /** Carries commands out one after the other, journals them, and returns the last one's answer. */
    carryOut: (id: AccountId, now: () => number, commands: readonly [Command, ...ReadonlyArray<Command>]): Answer => {
      // A long replay happens before the lock is taken.
      read(id, now, () => undefined)
      return locked(id, () => {
        const found = prepare(id, now)
        const [first, ...others] = commands
        const answer = others.reduce((_, command) => perform(id, found, command, now), perform(id, found, first, now))
        compact(id, found)
        return answer
      })
    },
    /** Goes on from the entries that there are, if the newest ones are lost. Returns the number of the last one. */
    accept: (id: AccountId): number =>
      locked(id, () => {
        const head = journal.head(id)
        if (head === undefined) throw new Error(`no account ${keyOf(id)}`)
        const from = journal.snapshotBefore(id, Number.MAX_SAFE_INTEGER)?.seq ?? 0
        const seq = journal.endAfter(id, from)
        accounts.delete(keyOf(id))
        heads.write(id, { generation: head.generation, seq })
        return seq
      }),
    reset: (id: AccountId, now: () => number): void => {
      locked(id, () => {
        journal.begin(id, journalFormat)
        begin(id, now)
      })
    },
    list: journal.list
  }
}

/** Reduces an observation to what the exchange does not know yet, since the journal keeps it forever. */
const withoutKnown = (exchange: Exchange, command: Command, now: number): Command => ({
  ...command,
  params: snapshotDelta(exchange, command.params, now)?.params ?? command.params
})
