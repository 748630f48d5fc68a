import { Effect, Option } from "effect"
import { dependsOnLists } from "../../exchange/commands/catalogueImport/catalogueDelta.ts"
import { emptyLists } from "../../exchange/commands/catalogueImport/listedCatalogue.ts"
import { sendErrorOf } from "../kraken/answers/sendErrors.ts"
import { fresh, recent } from "../kraken/names/assetListsCache.ts"
import type { PaperAccounts } from "./PaperAccounts.ts"
import type { Command } from "./journaledAccounts.ts"
import { notCarriedOut } from "./pairMarketData.ts"
import type { MarketFeed } from "./MarketFeed.ts"

/**
 * Before a command or a question: what Kraken lists of the pairs and assets that matter to it, where the account does not
 * know that yet, becomes known to the account for good, by an entry of its journal. A name that is in no list is looked
 * for in new ones before the exchange says that there is no such thing.
 */
export const makeUpdateCatalogue = (accounts: typeof PaperAccounts.Service, feed: typeof MarketFeed.Service) =>
  Effect.fn("paper.learn")(function* (account: string, call: Command) {
    if (!dependsOnLists(call)) return
    for (const age of [fresh, recent]) {
      const lists = yield* Effect.either(feed.lists(age))
      if (lists._tag === "Left") {
        // What is known already is traded on; whether there is more, only Kraken could say.
        const { unknown } = yield* accounts.lesson(account, call, emptyLists)
        return unknown.length === 0 ? undefined : yield* notCarriedOut(lists.left)
      }
      if (Option.isNone(lists.right)) return
      const { params, unknown, unsupported } = yield* accounts.lesson(account, call, lists.right.value)
      if (unknown.length > 0 && age === fresh) continue
      if (params !== undefined) yield* accounts.carryOut(account, [{ endpoint: "control/List", params }])
      if (unsupported.length > 0)
        return yield* sendErrorOf([`EGeneral:Invalid arguments:pair, ${unsupported.join("; ")}`], { _tag: "Arguments" })
      return
    }
  })
