import { Context, Effect, Layer, type Scope } from "effect"
import { join } from "node:path"
import { type Answer, handle } from "../../exchange/handle.ts"
import type { Pair } from "../../exchange/pairs.ts"
import type { Exchange } from "../../exchange/state.ts"
import { Config } from "../../services/Config.ts"
import { PaperAccountBroken } from "../../services/KrakenErrors.ts"
import { DatabaseUnavailable, wordsOf } from "../sqlite/openDatabase.ts"
import { type AccountId, openJournal } from "./Journal.ts"
import { type Command, type Limits, makeLedger } from "./Ledger.ts"
import { MarketFeed } from "./MarketFeed.ts"

export type AccountsError = PaperAccountBroken | DatabaseUnavailable

/** Simulated accounts on one market, kept in `paper.db` of the state folder. Several processes may serve them at once. */
export class PaperAccounts extends Context.Tag("mcp-kraken/layers/paper/Accounts/PaperAccounts")<
  PaperAccounts,
  {
    readonly file: string
    /** What the account says now. Nothing is kept. */
    readonly ask: (account: string, question: Command) => Effect.Effect<Answer, AccountsError>
    /** Carries commands out at one moment, and keeps them before it gives the last one's answer. Can't be torn. */
    readonly carryOut: (
      account: string,
      commands: readonly [Command, ...ReadonlyArray<Command>]
    ) => Effect.Effect<Answer, AccountsError>
    /** The pairs on which the account has open orders. */
    readonly watched: (account: string) => Effect.Effect<ReadonlyArray<Pair>, AccountsError>
    /** Starts the account anew with the starting balances, whatever was kept of it. */
    readonly reset: (account: string) => Effect.Effect<void, AccountsError>
    /** All that there are, on any market. */
    readonly list: Effect.Effect<ReadonlyArray<AccountId>, AccountsError>
  }
>() {}

/** Accounts that are opened with the starting balances when they are first used, under the limits of the tier. */
export const PaperAccountsServed = Layer.scoped(
  PaperAccounts,
  Effect.flatMap(Config, ({ tier }) =>
    make({ tier: tier === "off" ? "starter" : tier, rateLimits: tier !== "off" } satisfies Limits)
  )
)

/** The accounts that there are, for the operator, who leaves their limits as they are. */
export const PaperAccountsKept = Layer.scoped(
  PaperAccounts,
  Effect.suspend(() => make(undefined))
)

const make = (
  limits: Limits | undefined
): Effect.Effect<typeof PaperAccounts.Service, DatabaseUnavailable, Config | MarketFeed | Scope.Scope> =>
  Effect.gen(function* () {
    const { paperBalances, stateDir } = yield* Config
    const feed = yield* MarketFeed
    const file = join(stateDir, "paper.db")
    const ledger = makeLedger(yield* openJournal(file), {
      open: feed.open,
      balances: paperBalances,
      ...(limits && { limits })
    })

    /** Runs one step of this process. What is thrown on purpose is an error, all else a bug of ours. */
    const step = <A>(run: (now: () => number) => A): Effect.Effect<A, AccountsError> =>
      Effect.clockWith((clock): Effect.Effect<A, AccountsError> => {
        try {
          return Effect.succeed(run(() => clock.unsafeCurrentTimeMillis()))
        } catch (error) {
          if (error instanceof PaperAccountBroken) return error
          return isSqlite(error) ? unavailable(error) : Effect.die(error)
        }
      })

    const unavailable = (cause: unknown) =>
      new DatabaseUnavailable({ reason: `The database ${file} can't be used: ${wordsOf(cause)}.`, cause })

    const of = (account: string): AccountId => ({ account, market: feed.kind })

    return {
      file,
      ask: (account, { endpoint, params }) =>
        step((now) => ledger.look(of(account), now, (x) => handle(x, { endpoint, params, now: now(), account }))),
      carryOut: (account, commands) => step((now) => ledger.carryOut(of(account), now, commands)),
      watched: (account) => step((now) => ledger.look(of(account), now, watched)),
      reset: (account) => step((now) => ledger.reset(of(account), now)),
      list: step(ledger.list)
    }
  })

/** The pairs on which there are open orders. */
const watched = ({ accounts }: Exchange): ReadonlyArray<Pair> => [
  ...new Set([...accounts.values()].flatMap(({ open }) => [...open.values()].map(({ pair }) => pair)))
]

const isSqlite = (error: unknown): boolean => String(Object(error).code).startsWith("SQLITE_")
