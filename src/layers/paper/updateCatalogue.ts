import { Effect, Option } from "effect"
import { catalogueDelta, dependsOnLists } from "../../exchange/commands/catalogueImport/catalogueDelta.ts"
import { emptyLists, type ListedCatalogue } from "../../exchange/commands/catalogueImport/listedCatalogue.ts"
import { sendErrorOf } from "../kraken/answers/sendErrors.ts"
import { fresh, recent } from "../kraken/names/assetListsCache.ts"
import type { PaperAccounts } from "./PaperAccounts.ts"
import type { Command } from "./journaledAccounts.ts"
import { notCarriedOut } from "./pairMarketData.ts"
import type { MarketFeed } from "./MarketFeed.ts"

/**
 * Adds to an account's catalogue, by an entry of its journal, what Kraken lists of the pairs and assets that a command or
 * question names and the account lacks. A name that no list has is looked up in newer lists before the exchange refuses
 * it as unknown. Fails if Kraken does not answer and the account lacks the name, or if the exchange cannot simulate it.
 */
export const makeUpdateCatalogue = (accounts: typeof PaperAccounts.Service, feed: typeof MarketFeed.Service) => {
  const delta = (account: string, call: Command, listed: ListedCatalogue) =>
    accounts.inspect(account, (exchange) => catalogueDelta(exchange, { ...call, account }, listed))

  return Effect.fn("paper.updateCatalogue")(function* (account: string, call: Command) {
    if (!dependsOnLists(call)) return
    for (const age of [fresh, recent]) {
      const lists = yield* Effect.either(feed.lists(age))
      if (lists._tag === "Left") {
        // Pairs that the account knows are traded without new lists.
        const { unknown } = yield* delta(account, call, emptyLists)
        return unknown.length === 0 ? undefined : yield* notCarriedOut(lists.left)
      }
      if (Option.isNone(lists.right)) return
      const { params, unknown, unsupported } = yield* delta(account, call, lists.right.value)
      if (unknown.length > 0 && age === fresh) continue
      if (params !== undefined) yield* accounts.carryOut(account, [{ endpoint: "control/List", params }])
      if (unsupported.length > 0)
        return yield* sendErrorOf([`EGeneral:Invalid arguments:pair, ${unsupported.join("; ")}`], { _tag: "Arguments" })
      return
    }
  })
}
