import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { KrakenWriter } from "../../../src/services/KrakenWriter.ts"
import * as Deposits from "../../../src/tools/funding/deposits.ts"
import * as WalletTransfer from "../../../src/tools/funding/walletTransfer.ts"
import * as Withdrawals from "../../../src/tools/funding/withdrawals.ts"
import { directory } from "../../fixtures/krakenLists.ts"
import { TestKraken } from "../../doubles/TestKraken.ts"
import { assertFaults, faultsIn } from "../../fixtures/faults.ts"
import { readOnly } from "../../doubles/TestPrincipal.ts"

const refid = "FTQcuak-V6Za8qrWnhzTx67yYHz8Tg"

const kraken = (answers: Record<string, unknown>, calls: Array<object> = []) =>
  TestKraken({
    answers,
    granted: ["query-funds", "add-funds", "withdraw-funds"],
    directory,
    onCall: (_, params) => calls.push(params)
  })

const silent = TestKraken({
  granted: ["query-funds", "add-funds", "withdraw-funds"],
  directory,
  onCall: () => assert.fail("Kraken was asked")
})

describe("get_deposit_methods", () => {
  it.effect("a limit of false is no limit, and hyphens are underscores", () => {
    const calls: Array<object> = []
    return Effect.gen(function* () {
      const { structuredContent } = yield* Deposits.getDepositMethods.call({ asset: "btc" })
      assert.deepStrictEqual(structuredContent, {
        methods: [
          {
            method: "Bitcoin",
            minimum: "0.00010000",
            fee: "0.0000000000",
            address_setup_fee: "0.1",
            gen_address: true
          },
          { method: "Bitcoin Lightning", minimum: "0.00000001", limit: "0.10000000", fee: "0.00000000" }
        ]
      })
      assert.deepStrictEqual(calls, [{ asset: "XBT" }])
    }).pipe(
      Effect.provide(
        kraken(
          {
            "private/DepositMethods": [
              {
                method: "Bitcoin",
                limit: false,
                fee: "0.0000000000",
                "address-setup-fee": "0.1",
                "gen-address": true,
                minimum: "0.00010000"
              },
              { method: "Bitcoin Lightning", limit: "0.10000000", fee: "0.00000000", minimum: 1e-8 }
            ]
          },
          calls
        )
      )
    )
  })

  it.effect("an asset of xStocks says so", () => {
    const calls: Array<object> = []
    return Effect.gen(function* () {
      yield* Deposits.getDepositMethods.run({ asset: "AAPLx" })
      assert.deepStrictEqual(calls, [{ asset: "AAPLx", aclass: "tokenized_asset" }])
    }).pipe(Effect.provide(kraken({ "private/DepositMethods": [] }, calls)))
  })
})

describe("get_deposit_addresses", () => {
  const address = { address: "rExampleExampleExampleExample11111", tag: "1361101127", new: true }
  const answers = { "private/DepositAddresses": [{ ...address, expiretm: "0" }] }

  it.effect("shows the tag, without which a deposit is lost", () => {
    const calls: Array<object> = []
    return Effect.gen(function* () {
      const { structuredContent } = yield* Deposits.getDepositAddresses.call({ asset: "XRP", method: "Ripple XRP" })
      assert.deepStrictEqual(structuredContent, { addresses: [address] })
      assert.deepStrictEqual(calls, [{ asset: "XRP", method: "Ripple XRP" }])
    }).pipe(Effect.provide(kraken(answers, calls)))
  })

  it.effect("a new address is a write: sent by the writer, refused where only reads are allowed", () => {
    const asked = { asset: "XRP", method: "Ripple XRP", new: true }
    const calls: Array<object> = []
    return Effect.gen(function* () {
      assert.deepInclude(yield* Deposits.getDepositAddresses.run(asked), { addresses: [address], placed: false })
      assert.deepStrictEqual(calls, [asked])
      const refused = yield* Effect.flip(Deposits.getDepositAddresses.run(asked).pipe(readOnly))
      assert.strictEqual(refused._tag, "ReadOnlyMode")
      yield* Deposits.getDepositAddresses.run({ ...asked, new: false }).pipe(readOnly)
    }).pipe(
      Effect.provide(
        Layer.merge(
          kraken(answers),
          Layer.succeed(KrakenWriter, {
            send: (_, params) => {
              calls.push(params)
              return Effect.succeed({ result: answers["private/DepositAddresses"], duplicateOf: [] })
            },
            validate: () => Effect.die("not validated"),
            resolve: (_, params) => Effect.succeed({ params }),
            settled: Effect.void
          })
        )
      )
    )
  })
})

describe("histories of deposits and withdrawals", () => {
  const deposit = {
    method: "Bitcoin",
    aclass: "currency",
    asset: "XXBT",
    refid,
    txid: "6544b41b607d8b2512baf801755a3a87b6890eacdb451be8a94059fb11f0a8d9",
    info: "bc1qexampleexampleexample",
    amount: "0.05000000",
    fee: "0.0000000000",
    time: 1760992722,
    status: "Success",
    "status-prop": "onhold",
    originators: []
  }
  const row = {
    asset: "BTC",
    asset_id: "XXBT",
    amount: "0.05000000",
    fee: "0.0000000000",
    status: "Success",
    status_prop: "onhold",
    time: "2025-10-20T20:38:42Z",
    method: "Bitcoin",
    info: "bc1qexampleexampleexample",
    refid,
    txid: deposit.txid
  }
  const older = { ...deposit, time: 1760992000, refid: "OLDER" }

  for (const key of ["deposit", "deposits"]) {
    it.effect(`a page of deposits is read where Kraken calls it ${key}`, () => {
      const calls: Array<object> = []
      return Effect.gen(function* () {
        const { structuredContent } = yield* Deposits.getDepositStatus.call({
          asset: "BTC",
          start: "2026-09-21",
          limit: 2,
          detail: "full"
        })
        const { transfers, ...page } = structuredContent as { readonly transfers: Array<object> }
        assert.deepStrictEqual(transfers[0], row)
        assert.deepInclude(transfers[1], { refid: "OLDER" })
        assert.deepStrictEqual(page, { next_cursor: "MADE-UP-CURSOR-1" })
        assert.deepStrictEqual(calls, [{ asset: "XBT", start: "1789948800", cursor: "true", limit: 2 }])
      }).pipe(
        Effect.provide(
          kraken({ "private/DepositStatus": { [key]: [older, deposit], next_cursor: "MADE-UP-CURSOR-1" } }, calls)
        )
      )
    })
  }

  it.effect("the next page is asked for by its cursor, and the last has none", () => {
    const calls: Array<object> = []
    return Effect.gen(function* () {
      const page = yield* Deposits.getDepositStatus.run({ cursor: "MADE-UP-CURSOR-1", limit: 25 })
      assert.isUndefined(page.next_cursor)
      assert.deepStrictEqual(calls, [{ cursor: "MADE-UP-CURSOR-1", limit: 25 }])
    }).pipe(Effect.provide(kraken({ "private/DepositStatus": { deposit: [deposit], next_cursor: null } }, calls)))
  })

  it.effect("a bare list is cut to what was asked for, and the rest is the next page", () => {
    const calls: Array<object> = []
    return Effect.gen(function* () {
      const first = yield* Deposits.getDepositStatus.run({ limit: 1 })
      const second = yield* Deposits.getDepositStatus.run({ cursor: first.next_cursor ?? "", limit: 1 })
      assert.deepStrictEqual(
        [...first.transfers, ...second.transfers].map((transfer) => transfer.refid),
        [refid, "OLDER"]
      )
      assert.isUndefined(second.next_cursor)
      assert.deepStrictEqual(calls, [
        { cursor: "true", limit: 1 },
        { cursor: "true", limit: 1 }
      ])
    }).pipe(Effect.provide(kraken({ "private/DepositStatus": [older, deposit] }, calls)))
  })

  it.effect("a withdrawal on its way has no txid yet", () =>
    Effect.gen(function* () {
      const { transfers } = yield* Withdrawals.getWithdrawalStatus.run({ asset: "XBT", limit: 25 })
      assert.deepInclude(transfers[0], { status: "Initial", network: "Bitcoin", key: "btc-wallet-1" })
      assert.isUndefined(transfers[0]?.txid)
    }).pipe(
      Effect.provide(
        kraken({
          "private/WithdrawStatus": {
            withdrawals: [{ ...deposit, txid: null, network: "Bitcoin", status: "Initial", key: "btc-wallet-1" }],
            next_cursor: null
          }
        })
      )
    )
  )

  it.effect("an answer without a list is not taken for an empty one", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Withdrawals.getWithdrawalStatus.run({ limit: 25 }))
      assert.strictEqual(error._tag, "KrakenUnreadable")
    }).pipe(Effect.provide(kraken({ "private/WithdrawStatus": { next_cursor: null } })))
  )
})

describe("get_withdrawal_methods", () => {
  const bitcoin = { asset: "XXBT", method: "Bitcoin", network: "Bitcoin", minimum: "0.00040000" }
  const flat = { ...bitcoin, asset: "BTC", asset_id: "XXBT" }

  it.effect("fees and limits are rows, and ids that lead nowhere are left out", () => {
    const calls: Array<object> = []
    return Effect.gen(function* () {
      const { structuredContent } = yield* Withdrawals.getWithdrawalMethods.call({
        asset: "XBT",
        network: "Bitcoin",
        detail: "full"
      })
      assert.deepStrictEqual(structuredContent, {
        methods: [
          {
            ...flat,
            fee: "0.00010000",
            fee_asset: "BTC",
            limits: [
              {
                description: "Daily",
                limit_type: "equiv_amount",
                seconds: 86400,
                maximum: "10000000.00",
                remaining: "10000000.00",
                used: "0.00"
              }
            ]
          },
          flat
        ]
      })
      assert.deepStrictEqual(calls, [{ asset: "XBT", network: "Bitcoin" }])
    }).pipe(
      Effect.provide(
        kraken(
          {
            "private/WithdrawMethods": [
              {
                ...bitcoin,
                method_id: "c1a5dd1e-0000-4000-8000-000000000001",
                network_id: "c1a5dd1e-0000-4000-8000-000000000002",
                fee: { aclass: "currency", asset: "XXBT", fee: "0.00010000" },
                limits: [
                  {
                    description: "Daily",
                    limit_type: "equiv_amount",
                    limits: { "86400": { maximum: "10000000.00", remaining: "10000000.00", used: "0.00" } }
                  }
                ]
              },
              bitcoin
            ]
          },
          calls
        )
      )
    )
  })
})

describe("get_withdrawal_addresses", () => {
  it.effect("names the asset whichever way Kraken spells it, and shows tags", () => {
    const calls: Array<object> = []
    const saved = { address: "bc1qexampleexampleexample", method: "Bitcoin", key: "btc-wallet-1", verified: true }
    return Effect.gen(function* () {
      const { structuredContent } = yield* Withdrawals.getWithdrawalAddresses.call({ verified: "true", detail: "full" })
      assert.deepStrictEqual(structuredContent, {
        addresses: [
          { key: saved.key, asset: "BTC", asset_id: "XBT", address: saved.address, method: "Bitcoin", verified: true },
          { key: "xrp", asset: "XRP", asset_id: "XXRP", address: "r1", tag: "7", verified: false }
        ]
      })
      assert.deepStrictEqual(calls, [{ verified: true }])
    }).pipe(
      Effect.provide(
        kraken(
          {
            "private/WithdrawAddresses": [
              { ...saved, asset: "XBT", memo: null },
              { key: "xrp", asset: "XXRP", address: "r1", tag: 7, verified: false }
            ]
          },
          calls
        )
      )
    )
  })
})

describe("withdraw", () => {
  const asked = { asset: "BTC", key: "btc-wallet-1", amount: "0.05" }

  it.effect("costs are looked at first", () => {
    const calls: Array<object> = []
    const info = { method: "Bitcoin", limit: "0.75401000", amount: "0.04990000", fee: "0.00010000" }
    return Effect.gen(function* () {
      assert.deepStrictEqual(yield* Withdrawals.getWithdrawalInfo.run(asked), { asset: "BTC", ...info })
      assert.deepStrictEqual(calls, [{ ...asked, asset: "XBT" }])
    }).pipe(Effect.provide(kraken({ "private/WithdrawInfo": info }, calls)))
  })

  it.effect("sends the safety checks along, and repeat only where it is meant", () => {
    const calls: Array<object> = []
    const safe = { ...asked, address: "bc1qexampleexampleexample", max_fee: "0.0002" }
    return Effect.gen(function* () {
      assert.deepStrictEqual(yield* Withdrawals.withdraw.run({ ...safe, repeat: false }), { refid })
      yield* Withdrawals.withdraw.call({ ...asked, repeat: true })
      assert.deepStrictEqual(calls, [
        { ...safe, asset: "XBT" },
        { ...asked, asset: "XBT", repeat: true }
      ])
    }).pipe(Effect.provide(kraken({ "private/Withdraw": { refid } }, calls)))
  })

  it.effect("an amount that is none is not sent", () =>
    Effect.gen(function* () {
      const wrong = yield* Effect.flip(Withdrawals.withdraw.call({ ...asked, amount: "0.00", max_fee: "-1" }))
      assertFaults(faultsIn(wrong), [
        ["amount", "0", "0.00"],
        ["max_fee", "0", "-1"]
      ])
      const float = yield* Effect.flip(Withdrawals.withdraw.call({ ...asked, amount: 0.1 + 0.2 }))
      assertFaults(faultsIn(float), [["amount", "0.5", "0.30000000000000004"]])
    }).pipe(Effect.provide(silent))
  )
})

describe("cancel_withdrawal", () => {
  for (const result of [true, false]) {
    it.effect(`says in a field what Kraken says with a bare ${result}`, () => {
      const calls: Array<object> = []
      return Effect.gen(function* () {
        assert.deepStrictEqual(yield* Withdrawals.cancelWithdrawal.run({ asset: "BTC", refid }), { canceled: result })
        assert.deepStrictEqual(calls, [{ asset: "XBT", refid }])
      }).pipe(Effect.provide(kraken({ "private/WithdrawCancel": result }, calls)))
    })
  }
})

describe("wallet_transfer", () => {
  const asked = { asset: "BTC", from_wallet: "Spot Wallet", to_wallet: "Futures Wallet", amount: "0.01" } as const

  it.effect("goes from Spot to Futures", () => {
    const calls: Array<object> = []
    return Effect.gen(function* () {
      assert.deepStrictEqual(yield* WalletTransfer.walletTransfer.run(asked), { refid })
      assert.deepStrictEqual(calls, [{ asset: "XBT", amount: "0.01", from: "Spot Wallet", to: "Futures Wallet" }])
    }).pipe(Effect.provide(kraken({ "private/WalletTransfer": { refid } }, calls)))
  })

  it.effect("and not the other way", () =>
    Effect.gen(function* () {
      const wrong = yield* Effect.flip(WalletTransfer.walletTransfer.call({ ...asked, from_wallet: "Futures Wallet" }))
      assertFaults(faultsIn(wrong), [["from_wallet"]])
    }).pipe(Effect.provide(silent))
  )
})

describe("a server that only reads", () => {
  it.effect("moves no funds", () =>
    Effect.gen(function* () {
      for (const [tool, args] of [
        [Withdrawals.withdraw, { asset: "BTC", key: "k", amount: "1" }],
        [Withdrawals.cancelWithdrawal, { asset: "BTC", refid }],
        [
          WalletTransfer.walletTransfer,
          { asset: "BTC", from_wallet: "Spot Wallet", to_wallet: "Futures Wallet", amount: "1" }
        ]
      ] as const) {
        const error = yield* Effect.flip(tool.call(args))
        assert.strictEqual(error._tag, "ReadOnlyMode", tool.name)
      }
    }).pipe(readOnly, Effect.provide(silent))
  )
})
