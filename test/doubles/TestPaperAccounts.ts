import { Effect } from "effect"
import { join } from "node:path"
import { handle } from "../../src/exchange/commands/handle.ts"
import { snapshot } from "../exchange/snapshot.ts"
import { syntheticMarket } from "../../src/exchange/markets/synthetic/syntheticMarket.ts"
import { type Journal, openJournal } from "../../src/layers/paper/journal.ts"
import { makeJournaledAccounts } from "../../src/layers/paper/journaledAccounts.ts"

const id = { account: "local", market: "synthetic" }

/** Opens the paper accounts of a folder with their own memory, and returns operations on one of them. */
export const openPaperAccounts = (
  folder: string,
  snapshotEvery = 500,
  around: (journal: Journal) => Journal = (journal) => journal
) =>
  Effect.map(openJournal(join(folder, "paper.db")), (journal) => {
    const market = syntheticMarket()
    const ledger = makeJournaledAccounts(around(journal), {
      open: () => market,
      balances: { USD: "1000000", BTC: "10" },
      limits: { tier: "starter", rateLimits: false },
      snapshotEvery
    })
    return {
      write: (endpoint: string, params: object, now: number) =>
        ledger.carryOut(id, () => now, [{ endpoint: `private/${endpoint}`, params: { ...params } }]),
      read: (endpoint: string, params: object, now: number) =>
        ledger.inspect(
          id,
          () => now,
          (exchange) =>
            handle(exchange, { endpoint: `private/${endpoint}`, params: { ...params }, account: id.account, now })
        ),
      accept: () => ledger.accept(id),
      reset: (now: number) => ledger.reset(id, () => now),
      /** Advances the account's time in memory, without a journal entry. */
      pass: (now: number) =>
        ledger.inspect(
          id,
          () => now,
          (exchange) => handle(exchange, { endpoint: "public/Time", now })
        ),
      /** Prints the account's whole state at a time in Unix milliseconds. */
      state: (now: number) =>
        ledger.inspect(
          id,
          () => now,
          (exchange) => {
            handle(exchange, { endpoint: "public/Time", now })
            return snapshot(exchange)
          }
        )
    }
  })

export type TestPaperAccounts = Effect.Effect.Success<ReturnType<typeof openPaperAccounts>>
