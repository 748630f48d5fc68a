import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, TestClock } from "effect"
import { KrakenWriterSettling } from "../../../src/layers/kraken/writes/KrakenWriterSettling.ts"
import { NamesKraken } from "../../../src/layers/kraken/names/NamesKraken.ts"
import { PermissionCacheKraken } from "../../../src/layers/kraken/permissions/PermissionCacheKraken.ts"
import { TradingMode } from "../../../src/services/TradingMode.ts"
import * as Account from "../../../src/tools/account/tools.ts"
import * as Market from "../../../src/tools/market/tools.ts"
import * as TradingReads from "../../../src/tools/trading/readTools.ts"
import * as Placing from "../../../src/tools/trading/placeOrders.ts"
import { pairRow } from "../../exchange/listing.ts"
import { opening } from "../../doubles/TestMarket.ts"
import { asset } from "../../fixtures/krakenLists.ts"
import { makeKraken, unwatched } from "../../doubles/LiveKraken.ts"
import { temporaryFolder } from "../../temporaryFolder.ts"
import { FeedsByRest } from "../../doubles/TestFeeds.ts"
import { TestConfig } from "../../doubles/TestConfig.ts"
import { Access, use } from "../backends.ts"
import { RecordInMemory } from "../../../src/layers/access/record/RecordSql.ts"
import { NoApprovals } from "../../doubles/NoApprovals.ts"

/** A double of Kraken with a pair, priced at 1000, that this program's catalogue does not have. */
const kraken = makeKraken([[0, "1000"]])
kraken.list({
  assets: { USDC: asset("USDC", 8) },
  pairs: { USDCUSD: pairRow("USDC/USD", "USDC", "ZUSD", [4, 8]) }
})

const paperIn = (folder: string) =>
  Layer.merge(Layer.provideMerge(KrakenWriterSettling, Layer.merge(RecordInMemory, NoApprovals)), Access).pipe(
    Layer.provideMerge(FeedsByRest),
    Layer.provideMerge(Layer.merge(NamesKraken, PermissionCacheKraken)),
    Layer.provideMerge(Layer.merge(unwatched(folder, kraken), TestConfig())),
    Layer.provideMerge(
      Layer.succeed(TradingMode, { mode: "paper", market: { kind: "live", name: "live market of kraken.test" } })
    )
  )

describe("tools on paper, on Kraken's market", () => {
  it.scoped("trade any pair that Kraken lists, by the rules that it lists", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(opening)
      yield* Effect.gen(function* () {
        const order = { pair: "usdc/usd", type: "buy", ordertype: "market" }
        const { pairs } = yield* use(Market.getAssetPairs, { pair: "USDC/USD" })
        assert.deepInclude(pairs[0], { pair: "USDC/USD", status: "online" })
        const little = yield* Effect.flip(Placing.addOrder.call({ ...order, volume: "0.5" }))
        assert.include(String(Object(little).message), "minimum")
        const { txid } = yield* use(Placing.addOrder, { ...order, volume: "2" })
        const { orders } = yield* use(TradingReads.queryOrders, { txid })
        assert.deepInclude(orders[0], { pair: "USDC/USD", status: "closed", vol_exec: "2" })
        const { balances } = yield* use(Account.getAccountBalance)
        assert.deepInclude(balances, { asset: "USDC", balance: "2" })
      }).pipe(Effect.provide(paperIn(yield* temporaryFolder)))
    })
  )
})
