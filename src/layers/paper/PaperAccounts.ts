import { Context, Effect, Layer, type Scope } from "effect"
import { join } from "node:path"
import type { Catalogue } from "../../exchange/catalogue/catalogue.ts"
import { requiredMarketData } from "../../exchange/endpoints/requiredMarketData.ts"
import { type Answer, handle } from "../../exchange/commands/handle.ts"
import type { ListedCatalogue } from "../../exchange/commands/catalogueImport/listedCatalogue.ts"
import { type CatalogueDelta, catalogueDelta } from "../../exchange/commands/catalogueImport/catalogueDelta.ts"
import type { Pair } from "../../exchange/catalogue/pairs.ts"
import { snapshotDelta } from "../../exchange/commands/marketSnapshot/snapshotDelta.ts"
import type { Exchange } from "../../exchange/state/state.ts"
import { Config } from "../../services/Config.ts"
import { PaperAccountBroken } from "../../services/PaperAccountBroken.ts"
import { type DatabaseUnavailable, unavailable } from "../storage/databaseFile.ts"
import { type AccountId, openJournal } from "./journal.ts"
import { type Command, type Limits, makeJournaledAccounts } from "./journaledAccounts.ts"
import { MarketFeed, type Observation } from "./MarketFeed.ts"

export type AccountsError = PaperAccountBroken | DatabaseUnavailable

/** Simulated accounts on one market, kept in `paper.db` of the state folder. Several processes may serve them at once. */
export class PaperAccounts extends Context.Tag("mcp-kraken/layers/paper/PaperAccounts")<
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
    /** The assets and pairs that an account knows. */
    readonly catalogue: (account: string) => Effect.Effect<Catalogue, AccountsError>
    /** What lists have to say about a command or a question. */
    readonly lesson: (
      account: string,
      command: Command,
      listed: ListedCatalogue
    ) => Effect.Effect<CatalogueDelta, AccountsError>
    /** The pairs whose market decides what a command does or a question is answered with. */
    readonly concerns: (account: string, command: Command) => Effect.Effect<ReadonlyArray<Pair>, AccountsError>
    /** The accounts that may have open orders: all at first, then those used here since they had none. */
    readonly mayWait: Effect.Effect<ReadonlyArray<string>, AccountsError>
    /** The pairs on which an account has open orders. */
    readonly openPairs: (account: string) => Effect.Effect<ReadonlyArray<Pair>, AccountsError>
    /** Tells an account what the market looks like, and keeps it, where it reaches anything that an order waits for. */
    readonly tell: (account: string, observations: ReadonlyArray<Observation>) => Effect.Effect<void, AccountsError>
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
    const config = yield* Config
    const feed = yield* MarketFeed
    const file = join(config.stateDir, "paper.db")
    const ledger = makeJournaledAccounts(yield* openJournal(file), {
      open: feed.open,
      // Only what opens an account uses them.
      get balances() {
        return config.paperBalances
      },
      ...(limits && { limits })
    })

    /** Runs one step of this process. What is thrown on purpose is an error, all else a bug of ours. */
    const step = <A>(run: (now: () => number) => A): Effect.Effect<A, AccountsError> =>
      Effect.clockWith((clock): Effect.Effect<A, AccountsError> => {
        try {
          return Effect.succeed(run(() => clock.unsafeCurrentTimeMillis()))
        } catch (error) {
          if (error instanceof PaperAccountBroken) return error
          return isSqlite(error) ? unavailable(file, "used")(error) : Effect.die(error)
        }
      })

    const of = (account: string): AccountId => ({ account, market: feed.kind })

    let waiting: Set<string> | undefined
    const mayWait = () =>
      (waiting ??= new Set(ledger.list().flatMap(({ account, market }) => (market === feed.kind ? [account] : []))))

    return {
      file,
      ask: (account, { endpoint, params }) =>
        step((now) =>
          ledger.look(of(account), now, (exchange) => handle(exchange, { endpoint, params, now: now(), account }))
        ),
      carryOut: (account, commands) =>
        step((now) => {
          mayWait().add(account)
          return ledger.carryOut(of(account), now, commands)
        }),
      catalogue: (account) => step((now) => ledger.look(of(account), now, ({ catalogue }) => catalogue)),
      lesson: (account, { endpoint, params }, listed) =>
        step((now) =>
          ledger.look(of(account), now, (exchange) => catalogueDelta(exchange, { account, endpoint, params }, listed))
        ),
      concerns: (account, { endpoint, params }) =>
        step((now) =>
          ledger.look(of(account), now, (exchange) => requiredMarketData(exchange, { account, endpoint, params }))
        ),
      mayWait: step(() => [...mayWait()]),
      openPairs: (account) =>
        step((now) => {
          const pairs = ledger.look(of(account), now, pairsOfOpen)
          if (pairs.length === 0) mayWait().delete(account)
          return pairs
        }),
      tell: (account, observations) =>
        step((now) => {
          const [first, ...others] = ledger.look(of(account), now, (exchange) =>
            observations.filter((params) => snapshotDelta(exchange, params, now())?.matters).map(toCommand)
          )
          if (first !== undefined) ledger.carryOut(of(account), now, [first, ...others])
        }),
      reset: (account) => step((now) => ledger.reset(of(account), now)),
      list: step(ledger.list)
    }
  })

/** What was seen of a market, as an entry of the journal. */
export const toCommand = (params: Observation): Command => ({ endpoint: "control/Observe", params })

/** The pairs on which there are open orders, and which can be looked at. */
const pairsOfOpen = ({ accounts, venues }: Exchange): ReadonlyArray<Pair> => {
  const pairs = new Set([...accounts.values()].flatMap(({ open }) => [...open.values()].map(({ pair }) => pair)))
  return [...pairs].filter(({ id }) => venues.get(id)?.status !== "delisted")
}

const isSqlite = (error: unknown): boolean => String(Object(error).code).startsWith("SQLITE_")
