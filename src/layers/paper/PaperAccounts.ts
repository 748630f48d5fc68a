import { Context, Effect, Layer } from "effect"
import { join } from "node:path"
import type { Catalogue } from "../../exchange/catalogue/catalogue.ts"
import { type Answer, handle } from "../../exchange/commands/handle.ts"
import type { Pair } from "../../exchange/catalogue/pairs.ts"
import { snapshotDelta } from "../../exchange/commands/marketSnapshot/snapshotDelta.ts"
import type { Exchange } from "../../exchange/state/state.ts"
import { Config } from "../../services/Config.ts"
import { PaperAccountBroken } from "../../services/PaperAccountBroken.ts"
import { type DatabaseUnavailable, retryWhileLocked, unavailable } from "../storage/databaseFile.ts"
import type { AccountId } from "./accountId.ts"
import { olderFile } from "./accountReplay.ts"
import { openJournal } from "./journal.ts"
import { type Command, type Limits, makeJournaledAccounts } from "./journaledAccounts.ts"
import { MarketFeed, type Observation } from "./MarketFeed.ts"

type AccountsError = PaperAccountBroken | DatabaseUnavailable

/**
 * Simulated accounts on one market, kept in `paper.db` of the state folder. Several processes can serve them at once.
 * While another process holds the file, calls wait for five seconds at most, and all else goes on.
 */
export class PaperAccounts extends Context.Tag("mcp-kraken/layers/paper/PaperAccounts")<
  PaperAccounts,
  {
    readonly file: string
    /** Answers a question to an account. Nothing is journalled. */
    readonly ask: (account: string, question: Command) => Effect.Effect<Answer, AccountsError>
    /**
     * Carries commands out and journals them in one transaction, then returns the last one's answer. Only the wait for
     * the file can be interrupted.
     */
    readonly carryOut: (
      account: string,
      commands: readonly [Command, ...ReadonlyArray<Command>]
    ) => Effect.Effect<Answer, AccountsError>
    /** Computes something from an account's exchange, which `read` must not change. */
    readonly inspect: <A>(account: string, read: (exchange: Exchange) => A) => Effect.Effect<A, AccountsError>
    /** The assets and pairs that an account knows. */
    readonly catalogue: (account: string) => Effect.Effect<Catalogue, AccountsError>
    /**
     * Accounts that might have open orders: at first all of this market, then those with a command since they had none.
     */
    readonly possiblyOpen: Effect.Effect<ReadonlyArray<string>, AccountsError>
    /** Pairs on which an account has open orders, without those that Kraken has delisted. */
    readonly openPairs: (account: string) => Effect.Effect<ReadonlyArray<Pair>, AccountsError>
    /** Journals those observations that reach the price of an open order, and fills it. The others change nothing. */
    readonly observe: (account: string, observations: ReadonlyArray<Observation>) => Effect.Effect<void, AccountsError>
    /** Opens the account again with the starting balances. Deletes its journal, even one that can no longer be read. */
    readonly reset: (account: string) => Effect.Effect<void, AccountsError>
    /**
     * Goes on from the state that is there, if an account was further and its newest entries are lost. Returns the number
     * of the last entry.
     */
    readonly accept: (account: string) => Effect.Effect<number, AccountsError>
    /** Every account in the file, on any market. */
    readonly list: Effect.Effect<ReadonlyArray<AccountId>, AccountsError>
  }
>() {}

/** Accounts for a server: opened with the starting balances on first use, under the rate limits of the tier. */
export const PaperAccountsServed = Layer.scoped(
  PaperAccounts,
  Effect.flatMap(Config, ({ tier }) =>
    make({ tier: tier === "off" ? "starter" : tier, rateLimits: tier !== "off" } satisfies Limits)
  )
)

/** The existing accounts, for the operator's commands: opens none, and changes no account's limits. */
export const PaperAccountsKept = Layer.scoped(
  PaperAccounts,
  Effect.suspend(() => make(undefined))
)

const make = Effect.fn("PaperAccounts.make")(function* (limits: Limits | undefined) {
  const config = yield* Config
  const feed = yield* MarketFeed
  const file = join(config.stateDir, "paper.db")
  const accounts = makeJournaledAccounts(yield* openJournal(file, 0), {
    open: feed.open,
    // Read only when an account is opened: other commands do not need the setting.
    get balances() {
      return config.paperBalances
    },
    ...(limits && { limits })
  })

  /**
   * Runs one synchronous step, and runs it again while another process holds the file: it has then changed nothing.
   * Broken accounts and SQLite's errors become typed errors; anything else thrown is a defect.
   */
  const step = <A>(run: (now: () => number) => A): Effect.Effect<A, AccountsError> =>
    retryWhileLocked(
      Effect.clockWith((clock): Effect.Effect<A, AccountsError> => {
        try {
          return Effect.succeed(run(() => clock.unsafeCurrentTimeMillis()))
        } catch (error) {
          if (error instanceof PaperAccountBroken) return Effect.zipRight(logReset(error), error)
          return isSqlite(error) ? unavailable(file, "used")(error) : Effect.die(error)
        }
      }),
      longestWait
    )

  const of = (account: string): AccountId => ({ account, market: feed.kind })

  let possiblyOpen: Set<string> | undefined
  const possible = () =>
    (possiblyOpen ??= new Set(
      accounts.list().flatMap(({ account, market }) => (market === feed.kind ? [account] : []))
    ))

  return PaperAccounts.of({
    file,
    ask: (account, { endpoint, params }) =>
      step((now) =>
        accounts.inspect(of(account), now, (exchange) => handle(exchange, { endpoint, params, now: now(), account }))
      ),
    carryOut: (account, commands) =>
      step((now) => {
        possible().add(account)
        return accounts.carryOut(of(account), now, commands)
      }),
    inspect: (account, read) => step((now) => accounts.inspect(of(account), now, read)),
    catalogue: (account) => step((now) => accounts.inspect(of(account), now, ({ catalogue }) => catalogue)),
    possiblyOpen: step(() => [...possible()]),
    openPairs: (account) =>
      step((now) => {
        const pairs = accounts.inspect(of(account), now, pairsOfOpenOrders)
        if (pairs.length === 0) possible().delete(account)
        return pairs
      }),
    observe: (account, observations) =>
      step((now) => {
        const [first, ...others] = accounts.inspect(of(account), now, (exchange) =>
          observations.filter((params) => snapshotDelta(exchange, params, now())?.matters).map(toCommand)
        )
        if (first !== undefined) accounts.carryOut(of(account), now, [first, ...others])
      }),
    reset: (account) => step((now) => accounts.reset(of(account), now)),
    accept: (account) => step(() => accounts.accept(of(account))),
    list: step(accounts.list)
  })
})

/** The longest wait for a file that another process holds, in seconds. */
const longestWait = 5

/** Makes the command that puts an observation into an account's journal. */
export const toCommand = (params: Observation): Command => ({ endpoint: "control/Observe", params })

const pairsOfOpenOrders = ({ accounts, pairStates }: Exchange): ReadonlyArray<Pair> => {
  const pairs = new Set([...accounts.values()].flatMap(({ open }) => [...open.values()].map(({ pair }) => pair)))
  return [...pairs].filter(({ id }) => pairStates.get(id)?.status !== "delisted")
}

const isSqlite = (error: unknown): boolean => String(Object(error).code).startsWith("SQLITE_")

/** Tells the operator the commands for a broken account. */
const logReset = ({ account, reason }: PaperAccountBroken) =>
  Effect.logWarning(
    reason.startsWith(olderFile)
      ? `To go on from the older state of the paper account: mcp-kraken paper accept --account ${account}. To reset it: mcp-kraken paper reset --account ${account}`
      : `To reset the paper account: mcp-kraken paper reset --account ${account}`
  )
