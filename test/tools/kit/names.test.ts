import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { ledgerTypes } from "../../../src/domain/endpoints/account.ts"
import { KrakenClient } from "../../../src/services/KrakenClient.ts"
import { type KrakenRefusal, KrakenRejection } from "../../../src/services/KrakenErrors.ts"
import { Names, UnknownName } from "../../../src/services/Names.ts"
import * as Account from "../../../src/tools/account/tools.ts"
import * as Deposits from "../../../src/tools/funding/deposits.ts"
import * as Withdrawals from "../../../src/tools/funding/withdrawals.ts"
import * as Market from "../../../src/tools/market/tools.ts"
import { assertFaults, faultsIn } from "../../fixtures/faults.ts"
import { directory } from "../../fixtures/krakenLists.ts"
import { TestKraken } from "../../doubles/TestKraken.ts"

const granted = ["query-funds", "query-ledger", "add-funds", "withdraw-funds"] as const

/** Names as Kraken's lists have them. Others are unknown, as they are to `NamesKraken`. */
const ListedNames = Layer.succeed(Names, {
  pair: (given) =>
    Effect.fromNullable(directory.findPair(given)?.altname).pipe(
      Effect.mapError(() => new UnknownName({ kind: "pair", given, nearest: [] }))
    ),
  asset: (given) =>
    Effect.fromNullable(directory.findAsset(given)?.asset.altname).pipe(
      Effect.mapError(() => new UnknownName({ kind: "asset", given, nearest: ["ICP"] }))
    ),
  directory: Effect.succeed(directory),
  stale: Effect.void
})

const listed = (
  calls: Array<readonly [string, object]>,
  answers: Record<string, unknown>,
  refusals: Record<string, KrakenRefusal> = {}
) =>
  Layer.merge(
    TestKraken({ answers, refusals, directory, granted, onCall: (endpoint, params) => calls.push([endpoint, params]) }),
    ListedNames
  )

const silent = Layer.merge(
  TestKraken({ granted, directory, onCall: () => assert.fail("Kraken was asked") }),
  ListedNames
)

describe("an asset that only the account's history knows", () => {
  const histories = {
    "private/Ledgers": { ledger: {}, count: 0 },
    "private/DepositStatus": [],
    "private/WithdrawStatus": [],
    "private/WithdrawAddresses": []
  }

  it.effect("is sent as it is by every tool that reads history", () => {
    const calls: Array<readonly [string, object]> = []
    return Effect.gen(function* () {
      yield* Account.getLedgers.call({ asset: ["XICN", "btc"] })
      yield* Deposits.getDepositStatus.call({ asset: "XICN" })
      yield* Withdrawals.getWithdrawalStatus.call({ asset: "XICN" })
      yield* Withdrawals.getWithdrawalAddresses.call({ asset: "XICN" })
      assert.deepStrictEqual(
        calls.map(([endpoint, params]) => [endpoint, Object(params).asset]),
        [
          ["private/Ledgers", "XICN,XBT"],
          ["private/DepositStatus", "XICN"],
          ["private/WithdrawStatus", "XICN"],
          ["private/WithdrawAddresses", "XICN"]
        ]
      )
    }).pipe(Effect.provide(listed(calls, histories)))
  })

  it.effect("is an unknown name with suggestions if Kraken does not know it either", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Account.getLedgers.call({ asset: ["XICN"] }))
      assert.deepInclude(error, { _tag: "UnknownName", given: "XICN", nearest: ["ICP"] })
    }).pipe(
      Effect.provide(
        listed(
          [],
          {},
          {
            "private/Ledgers": new KrakenRejection({ endpoint: "private/Ledgers", codes: ["EQuery:Unknown asset"] })
          }
        )
      )
    )
  )

  it.effect("is refused by tools that write or read the present, and if it is not spelled as Kraken does", () =>
    Effect.gen(function* () {
      const errors = [
        yield* Effect.flip(Account.getLedgers.call({ asset: ["iconomi coin"] })),
        yield* Effect.flip(Deposits.getDepositMethods.call({ asset: "XICN" })),
        yield* Effect.flip(Withdrawals.withdraw.call({ asset: "XICN", key: "k", amount: "1" })),
        yield* Effect.flip(Market.getTicker.call({ pair: ["XICNZUSD"] }))
      ]
      for (const error of errors) assert.strictEqual(error._tag, "UnknownName")
    }).pipe(Effect.provide(silent))
  )
})

describe("names of both asset classes", () => {
  it.effect("make two requests of tools whose rows have an id each", () => {
    const calls: Array<readonly [string, object]> = []
    const answers = { "public/Ticker": {}, "public/Assets": {}, "public/AssetPairs": {} }
    return Effect.gen(function* () {
      yield* Market.getTicker.call({ pair: ["BTC/USD", "AAPLx/USD", "ETH/BTC"] })
      yield* Market.getAssets.call({ asset: ["AAPLx", "BTC"] })
      yield* Market.getAssetPairs.call({ pair: ["AAPLx/USD", "BTC/USD"] })
      assert.deepStrictEqual(calls, [
        ["public/Ticker", { pair: "XBTUSD,ETHXBT" }],
        ["public/Ticker", { pair: "AAPLxUSD", asset_class: "tokenized_asset" }],
        ["public/Assets", { asset: "XBT" }],
        ["public/Assets", { asset: "AAPLx", aclass: "tokenized_asset" }],
        ["public/AssetPairs", { pair: "XBTUSD" }],
        ["public/AssetPairs", { pair: "AAPLxUSD", aclass_base: "tokenized_asset" }]
      ])
    }).pipe(Effect.provide(listed(calls, answers)))
  })

  it.effect("of one answer come from both requests", () =>
    Effect.gen(function* () {
      const { tickers } = yield* Effect.updateService(
        Market.getTicker.run({ pair: ["AAPLx/USD", "BTC/USD"], limit: 50 }),
        KrakenClient,
        (kraken) => ({
          ...kraken,
          read: (_, { asset_class }) =>
            Effect.succeed(asset_class === undefined ? { XXBTZUSD: { o: "1" } } : { AAPLxUSD: { o: "2" } })
        })
      )
      assert.deepStrictEqual(tickers, [["AAPLx/USD"], ["BTC/USD"]])
    }).pipe(Effect.provide(silent))
  )

  it.effect("are refused with the names of each class by tools that can't put two answers together", () =>
    Effect.gen(function* () {
      const ledgers = yield* Effect.flip(Account.getLedgers.call({ asset: ["AAPLx", "BTC", "USD"] }))
      assertFaults(faultsIn(ledgers), [["asset", "AAPLx", "BTC", "USD"]])
      const volume = yield* Effect.flip(Account.getTradeVolume.call({ pair: ["BTC/USD", "NVDAx/USD"] }))
      assertFaults(faultsIn(volume), [["pair", "NVDAx/USD", "BTC/USD"]])
    }).pipe(Effect.provide(silent))
  )

  it.effect("are sent together to a class that the caller names", () => {
    const calls: Array<readonly [string, object]> = []
    return Effect.gen(function* () {
      yield* Market.getTicker.call({ pair: ["BTC/USD", "AAPLx/USD"], asset_class: "currency" })
      assert.deepStrictEqual(calls, [["public/Ticker", { pair: "XBTUSD,AAPLxUSD", asset_class: "currency" }]])
    }).pipe(Effect.provide(listed(calls, { "public/Ticker": {} })))
  })
})

describe("the type of a ledger entry", () => {
  it.effect("is accepted as a filter if Kraken writes it", () => {
    const calls: Array<readonly [string, object]> = []
    return Effect.gen(function* () {
      for (const type of ledgerTypes) yield* Account.getLedgers.call({ type })
      assert.deepStrictEqual(
        calls.map(([, params]) => Object(params).type),
        [...ledgerTypes]
      )
      for (const type of ["earn", "reward", "spend", "receive", "conversion"]) assert.include(ledgerTypes, type)
    }).pipe(Effect.provide(listed(calls, { "private/Ledgers": { ledger: {}, count: 0 } })))
  })
})
