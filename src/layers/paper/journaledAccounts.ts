import { bigintAsText } from "../../domain/wire/json.ts"
import { type Answer, handle, journalFormat, mustJournal, replay } from "../../exchange/commands/handle.ts"
import type { Market } from "../../exchange/state/market.ts"
import { hash, seedOf } from "../../exchange/base/ids.ts"
import type { Params } from "../../exchange/wire/params.ts"
import { snapshotDelta } from "../../exchange/commands/marketSnapshot/snapshotDelta.ts"
import { currentRules, type Exchange, makeExchange, type Settings } from "../../exchange/state/state.ts"
import { PaperAccountBroken } from "../../services/PaperAccountBroken.ts"
import { makeBoundedMap } from "../caching/boundedMap.ts"
import { reasonOf } from "../storage/databaseFile.ts"
import type { AccountId, Entry, Head, Journal } from "./journal.ts"

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
}

/** An account in memory: an exchange of its own, which has replayed the journal up to `seq`. */
interface Loaded {
  readonly x: Exchange
  readonly generation: number
  seq: number
}

/** Accounts kept in memory at once. The others are replayed from the journal when they are needed. */
const capacity = 100

/**
 * Makes simulated accounts that follow their journal. Each step first replays entries that other processes have added. A
 * command is computed and journalled while this process holds the file's lock, so that its entry follows the state that
 * it was computed from. Everything is synchronous: no other fiber sees half a step.
 */
export const makeJournaledAccounts = (journal: Journal, options: Options) => {
  const { limits, open } = options
  const accounts = makeBoundedMap<string, Loaded>(capacity)
  const keyOf = ({ account, market }: AccountId) => `${account} ${market}`

  /**
   * Finds an account in its present state. Undefined if it was never opened. After a throw nothing of it stays in
   * memory.
   */
  const find = (id: AccountId): Loaded | undefined => {
    const key = keyOf(id)
    const known = accounts.get(key)
    accounts.delete(key)
    const read = explained(id, () => journal.read(id, known))
    if (read === undefined) return undefined
    const found = explained(id, () => catchUp(id, read, known))
    accounts.set(key, found)
    return found
  }

  /**
   * Replays the entries that are new. A read can have moved the account's time beyond an entry of another process: then
   * the whole journal is replayed from the start.
   */
  const catchUp = (
    id: AccountId,
    { entries, head }: NonNullable<ReturnType<Journal["read"]>>,
    known: Loaded | undefined
  ) => {
    if (head.format !== journalFormat) {
      throw new Error(`it was written by another version of mcp-kraken (format ${head.format}, not ${journalFormat})`)
    }
    const [first] = entries
    const follows = known?.generation === head.generation
    if (follows && (first === undefined || first.at >= known.x.now)) return replayed(id, known, entries)
    const all = follows ? (journal.read(id, undefined)?.entries ?? []) : entries
    return replayed(id, fresh(id, head, all[0]?.at ?? 0), all)
  }

  const fresh = ({ account, market }: AccountId, { generation }: Head, at: number): Loaded => ({
    // The seed keeps ids apart from those of other accounts and from before a reset.
    x: makeExchange(open(), at, { seed: hash(seedOf(account), seedOf(market), generation), rules: 1 }),
    generation,
    seq: 0
  })

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
    return found
  }

  const begin = (id: AccountId, now: () => number): Loaded => {
    const head = journal.read(id, undefined)?.head
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
      return journal.alone(() => {
        hasBegun = true
        return run()
      })
    } catch (error) {
      if (hasBegun) accounts.delete(keyOf(id))
      throw error
    }
  }

  /** Finds an account for a read. Takes the file's lock only if something has to be journalled first. */
  const ready = (id: AccountId, now: () => number): Loaded => {
    const found = find(id)
    const { rateLimits, rules, tier } = found?.x.settings ?? {}
    const isCurrent = limits?.tier === tier && limits?.rateLimits === rateLimits && rules === currentRules
    const isReady = limits === undefined || isCurrent
    return found !== undefined && isReady ? found : locked(id, () => prepare(id, now))
  }

  return {
    /**
     * Computes something from an account. `run` must change nothing but the time. After a throw the account is dropped
     * from memory.
     */
    inspect: <A>(id: AccountId, now: () => number, run: (exchange: Exchange) => A): A => {
      const { x } = ready(id, now)
      try {
        return run(x)
      } catch (error) {
        accounts.delete(keyOf(id))
        throw error
      }
    },
    /** Carries commands out one after the other, journals them, and returns the last one's answer. */
    carryOut: (id: AccountId, now: () => number, commands: readonly [Command, ...ReadonlyArray<Command>]): Answer => {
      // A long replay happens before the lock is taken.
      ready(id, now)
      return locked(id, () => {
        const found = prepare(id, now)
        const [first, ...others] = commands
        return others.reduce((_, command) => perform(id, found, command, now), perform(id, found, first, now))
      })
    },
    reset: (id: AccountId, now: () => number): void => {
      locked(id, () => {
        journal.begin(id, journalFormat)
        begin(id, now)
      })
    },
    list: journal.list
  }

  function explained<A>({ account }: AccountId, run: () => A): A {
    try {
      return run()
    } catch (error) {
      // An error of SQLite concerns the file, not the account, unless the file is damaged.
      const code = String(Object(error).code)
      if (code.startsWith("SQLITE_") && !code.startsWith("SQLITE_CORRUPT")) throw error
      throw new PaperAccountBroken({ account, file: journal.file, reason: reasonOf(error) })
    }
  }
}

/**
 * Replays entries. Throws if one is missing or ends otherwise than it did: the state would not be the journalled one. Of
 * a refusal its error counts, not the details after it.
 */
const replayed = ({ account }: AccountId, known: Loaded, entries: ReadonlyArray<Entry>): Loaded => {
  for (const { at, endpoint, outcome, params, seq } of entries) {
    if (seq !== known.seq + 1) throw new Error(`entry ${known.seq + 1} is missing`)
    const answer = replay(known.x, { endpoint, params: JSON.parse(params), now: at, account })
    if (errorOf(outcomeOf(answer)) !== errorOf(outcome) || !mustJournal({ endpoint }, answer)) {
      throw new Error(`entry ${seq} (${endpoint}) ended in "${outcome}" and now ends in "${outcomeOf(answer)}"`)
    }
    known.seq = seq
  }
  if (known.seq === 0) throw new Error("it has no entries")
  return known
}

/** Reduces an observation to what the exchange does not know yet, since the journal keeps it forever. */
const withoutKnown = (exchange: Exchange, command: Command, now: number): Command => ({
  ...command,
  params: snapshotDelta(exchange, command.params, now)?.params ?? command.params
})

const outcomeOf = (answer: Answer): string => ("errors" in answer ? answer.errors.join("; ") : "ok")

/** The errors of an outcome without details: `EOrder:Invalid price:XXBTZUSD price can …` is `EOrder:Invalid price`. */
const errorOf = (outcome: string): string =>
  outcome
    .split("; ")
    .map((error) => error.split(":").slice(0, 2).join(":"))
    .join("; ")
