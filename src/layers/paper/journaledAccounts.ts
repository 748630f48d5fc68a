import { bigintAsText } from "../../domain/wire/json.ts"
import { type Answer, handle, journalFormat, mustKeep, replay } from "../../exchange/commands/handle.ts"
import type { Market } from "../../exchange/state/Market.ts"
import { hash, seedOf } from "../../exchange/base/ids.ts"
import type { Params } from "../../exchange/wire/params.ts"
import { snapshotDelta } from "../../exchange/commands/marketSnapshot/snapshotDelta.ts"
import { type Exchange, makeExchange, type Settings } from "../../exchange/state/state.ts"
import { PaperAccountBroken } from "../../services/PaperAccountBroken.ts"
import { makeBoundedMap } from "../caching/boundedMap.ts"
import { reasonOf } from "../storage/databaseFile.ts"
import type { AccountId, Entry, Head, Journal } from "./journal.ts"

/** A call of one account: `private/AddOrder`, or one of the operator's such as `control/Deposit`. */
export interface Command {
  readonly endpoint: string
  readonly params: Params
}

export type Limits = Pick<Settings, "tier" | "rateLimits">

export interface Options {
  /** A market for one exchange. */
  readonly open: () => Market
  /** What a new account has. */
  readonly balances: Readonly<Record<string, string>>
  /** What accounts are limited to from now on; without it they stay as they are. */
  readonly limits?: Limits
}

/** An account in memory: an exchange of its own that has lived through the journal up to `seq`. */
interface Open {
  readonly x: Exchange
  readonly generation: number
  seq: number
}

/** The most accounts in memory. The others are built again from the journal when they are needed. */
const capacity = 100

/**
 * Exchanges and their journal as one. Each step finds the account as the journal has it, whoever wrote there; a command
 * is computed and journalled while the file is this process's alone, so it always follows on the very state that it was
 * computed from. All is synchronous: no step is ever seen half done.
 */
export const makeJournaledAccounts = (journal: Journal, options: Options) => {
  const { limits, open } = options
  const accounts = makeBoundedMap<string, Open>(capacity)
  const keyOf = ({ account, market }: AccountId) => `${account} ${market}`

  /** The account as it is now; undefined where it was never opened. What throws on the way leaves nothing in memory. */
  const find = (id: AccountId): Open | undefined => {
    const key = keyOf(id)
    const known = accounts.get(key)
    accounts.delete(key)
    const read = explained(id, () => journal.read(id, known))
    if (read === undefined) return undefined
    const found = explained(id, () => live(id, read, known))
    accounts.set(key, found)
    return found
  }

  /** Lives through what is new. A read may have let time pass beyond a newer command of another process: then anew. */
  const live = (
    id: AccountId,
    { entries, head }: NonNullable<ReturnType<Journal["read"]>>,
    known: Open | undefined
  ) => {
    if (head.format !== journalFormat) {
      throw new Error(`it was written by another version of mcp-kraken (format ${head.format}, not ${journalFormat})`)
    }
    const [first] = entries
    const follows = known?.generation === head.generation
    if (follows && (first === undefined || first.at >= known.x.now)) return followed(id, known, entries)
    const all = follows ? (journal.read(id, undefined)?.entries ?? []) : entries
    return followed(id, fresh(id, head, all[0]?.at ?? 0), all)
  }

  const fresh = ({ account, market }: AccountId, { generation }: Head, at: number): Open => ({
    // Ids are never those of another account, nor those from before a reset.
    x: makeExchange(open(), at, { seed: hash(seedOf(account), seedOf(market), generation) }),
    generation,
    seq: 0
  })

  /** Journals what is not yet as it should be, with the file to itself. */
  const prepare = (id: AccountId, now: () => number): Open => {
    let found = find(id)
    if (found === undefined) {
      if (limits === undefined) throw new Error(`no account ${keyOf(id)}`)
      journal.begin(id, journalFormat)
      found = begin(id, now)
    }
    const { rateLimits, tier } = found.x.settings
    if (limits !== undefined && (limits.tier !== tier || limits.rateLimits !== rateLimits)) {
      const params = { tier: limits.tier, rate_limits: limits.rateLimits }
      perform(id, found, { endpoint: "control/Limits", params }, now)
    }
    return found
  }

  const begin = (id: AccountId, now: () => number): Open => {
    const head = journal.read(id, undefined)?.head
    if (head === undefined) throw new Error(`no account ${keyOf(id)}`)
    const found = fresh(id, head, now())
    accounts.set(keyOf(id), found)
    const opening = { endpoint: "control/OpenAccount", params: { name: id.account, balances: options.balances } }
    const answer = perform(id, found, opening, now)
    if ("errors" in answer) throw new Error(`a paper account can't be opened: ${answer.errors.join("; ")}`)
    return found
  }

  const perform = ({ account, market }: AccountId, found: Open, asked: Command, now: () => number): Answer => {
    const at = Math.max(now(), found.x.now)
    const command = asked.endpoint === "control/Observe" ? newsAlone(found.x, asked, at) : asked
    // What is journalled is what was carried out, to the letter.
    const params = JSON.stringify(command.params, bigintAsText)
    const answer = handle(found.x, { endpoint: command.endpoint, params: JSON.parse(params), now: at, account })
    if (mustKeep(command, answer)) {
      const entry = { seq: found.seq + 1, at, endpoint: command.endpoint, params, outcome: outcomeOf(answer) }
      journal.append({ account, market }, entry)
      found.seq = entry.seq
    }
    return answer
  }

  /** Runs with the file to itself. After a failure memory is ahead of the file, and is thrown away. */
  const alone = <A>(id: AccountId, run: () => A): A => {
    try {
      return journal.alone(run)
    } catch (error) {
      accounts.delete(keyOf(id))
      throw error
    }
  }

  /** For reads: the file is asked for only where something has to be journalled first. */
  const ready = (id: AccountId, now: () => number): Open => {
    const found = find(id)
    const { rateLimits, tier } = found?.x.settings ?? {}
    const isReady = limits === undefined || (limits.tier === tier && limits.rateLimits === rateLimits)
    return found !== undefined && isReady ? found : alone(id, () => prepare(id, now))
  }

  return {
    /** Looks at an account. Only time may pass by it; what throws on the way leaves nothing in memory. */
    look: <A>(id: AccountId, now: () => number, run: (exchange: Exchange) => A): A => {
      const { x } = ready(id, now)
      try {
        return run(x)
      } catch (error) {
        accounts.delete(keyOf(id))
        throw error
      }
    },
    /** Carries commands out, one after the other, and keeps them before it gives the last one's answer. */
    carryOut: (id: AccountId, now: () => number, commands: readonly [Command, ...ReadonlyArray<Command>]): Answer => {
      // What takes long is done before the file is held.
      ready(id, now)
      return alone(id, () => {
        const found = prepare(id, now)
        const [first, ...others] = commands
        return others.reduce((_, command) => perform(id, found, command, now), perform(id, found, first, now))
      })
    },
    reset: (id: AccountId, now: () => number): void => {
      alone(id, () => {
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
      // That the file can't be had now says nothing about the account, unless SQLite finds it damaged.
      const code = String(Object(error).code)
      if (code.startsWith("SQLITE_") && !code.startsWith("SQLITE_CORRUPT")) throw error
      throw new PaperAccountBroken({ account, file: journal.file, reason: reasonOf(error) })
    }
  }
}

/** Does the entries again. Each has to end as it did, or the state would be another one. */
const followed = ({ account }: AccountId, known: Open, entries: ReadonlyArray<Entry>): Open => {
  for (const { at, endpoint, outcome, params, seq } of entries) {
    if (seq !== known.seq + 1) throw new Error(`entry ${known.seq + 1} is missing`)
    const answer = replay(known.x, { endpoint, params: JSON.parse(params), now: at, account })
    if (outcomeOf(answer) !== outcome || !mustKeep({ endpoint }, answer)) {
      throw new Error(`entry ${seq} (${endpoint}) ended in "${outcome}" and now ends in "${outcomeOf(answer)}"`)
    }
    known.seq = seq
  }
  if (known.seq === 0) throw new Error("it has no entries")
  return known
}

/** Of a look at the market, what the exchange does not know yet: a journal keeps that for good. */
const newsAlone = (exchange: Exchange, command: Command, now: number): Command => ({
  ...command,
  params: snapshotDelta(exchange, command.params, now)?.params ?? command.params
})

const outcomeOf = (answer: Answer): string => ("errors" in answer ? answer.errors.join("; ") : "ok")
