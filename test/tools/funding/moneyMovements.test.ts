import { assert, describe, it } from "@effect/vitest"
import { parse } from "csv-parse/sync"
import { Effect, TestClock } from "effect"
import { strFromU8, unzipSync } from "fflate"
import * as Account from "../../../src/tools/account/tools.ts"
import * as Earn from "../../../src/tools/earn/tools.ts"
import * as Exports from "../../../src/tools/account/exports.ts"
import * as Deposits from "../../../src/tools/funding/deposits.ts"
import * as WalletTransfer from "../../../src/tools/funding/walletTransfer.ts"
import * as Withdrawals from "../../../src/tools/funding/withdrawals.ts"
import * as Subaccounts from "../../../src/tools/subaccounts/tools.ts"
import * as Placing from "../../../src/tools/trading/placeOrders.ts"
import type { Json } from "../../doubles/TestExchange.ts"
import { use, backends } from "../backends.ts"

/** Finds a balance by its id. */
const held = (id: string) =>
  Effect.map(
    use(Account.getAccountBalance, { detail: "full" }),
    ({ balances }): string | undefined => find(balances, { id })?.balance
  )

const find = (rows: ReadonlyArray<Json>, part: Record<string, unknown>): Json =>
  rows.find((row) => Object.entries(part).every(([name, value]) => row[name] === value))

/** Moves the clock ahead, since a simulated transfer takes minutes. */
describe.each(Object.entries(backends))("money %s", (_, onBackend) => {
  it.effect("comes in after minutes, to an address of its own", () =>
    onBackend((deposit) =>
      Effect.gen(function* () {
        const { methods } = yield* use(Deposits.getDepositMethods, { asset: "XRP" })
        const way = { asset: "XRP", method: methods[0].method }
        const { addresses } = yield* use(Deposits.getDepositAddresses, { ...way, new: true })
        assert.match(addresses[0].tag, /^\d{10}$/)
        assert.isTrue(addresses[0].new)
        yield* deposit("XRP", "25")
        const seen = yield* Effect.forEach([0, 30, 90, 60], (seconds) =>
          Effect.gen(function* () {
            yield* TestClock.adjust(seconds * 1000)
            const { transfers } = yield* use(Deposits.getDepositStatus, { asset: "XRP", detail: "full" })
            assert.deepInclude(transfers[0], { amount: "25.00000000", info: addresses[0].address })
            return [transfers[0].status, yield* held("XXRP")]
          })
        )
        assert.deepStrictEqual(seen, [
          ["Initial", undefined],
          ["Pending", undefined],
          ["Settled", undefined],
          ["Success", "25.00000000"]
        ])
        assert.notProperty((yield* use(Deposits.getDepositAddresses, way)).addresses[0], "new")
      })
    )
  )

  it.effect("goes out in steps, can be called back in time, and only then", () =>
    onBackend(() =>
      Effect.gen(function* () {
        const out = { asset: "BTC", key: "btc-wallet-1", amount: "1" }
        assert.deepInclude(yield* use(Withdrawals.getWithdrawalInfo, out), {
          fee: "0.0001000000",
          limit: "9.9999000000"
        })
        const status = (refid: string) =>
          Effect.map(use(Withdrawals.getWithdrawalStatus, { asset: "BTC", detail: "full" }), ({ transfers }) =>
            find(transfers, { refid })
          )
        const { addresses } = yield* use(Withdrawals.getWithdrawalAddresses, { asset: "BTC" })
        const first = yield* use(Withdrawals.withdraw, {
          ...out,
          max_fee: "0.0001",
          address: find(addresses, { key: out.key }).address
        })
        assert.strictEqual(yield* held("XXBT"), "9.0000000000")
        assert.deepInclude(yield* status(first.refid), { status: "Initial", amount: "0.9999000000", key: out.key })

        yield* TestClock.adjust("20 seconds")
        const back = { asset: "BTC", refid: first.refid }
        assert.isTrue((yield* use(Withdrawals.cancelWithdrawal, back)).canceled)
        assert.deepInclude(yield* status(first.refid), { status: "Failure", status_prop: "canceled" })
        assert.strictEqual(yield* held("XXBT"), "10.0000000000")
        yield* TestClock.adjust("5 seconds")
        assert.isFalse((yield* use(Withdrawals.cancelWithdrawal, back)).canceled)
        assert.strictEqual(yield* held("XXBT"), "10.0000000000")

        const second = yield* use(Withdrawals.withdraw, { ...out, repeat: true })
        assert.notStrictEqual(second.refid, first.refid)
        yield* TestClock.adjust("5 seconds")
        assert.deepInclude(yield* use(Withdrawals.withdraw, out), { placed: false, duplicate_of: [second.refid] })
        yield* TestClock.adjust("1 minute")
        assert.isFalse((yield* use(Withdrawals.cancelWithdrawal, { asset: "BTC", refid: second.refid })).canceled)
        yield* TestClock.adjust("2 minutes")
        const done = yield* status(second.refid)
        assert.strictEqual(done.status, "Success")
        assert.lengthOf(done.txid, 64)
        assert.strictEqual(yield* held("XXBT"), "9.0000000000")
        const { methods } = yield* use(Withdrawals.getWithdrawalMethods, { asset: "BTC" })
        assert.isAbove(Number(methods[0].limits[0].used), 1000)
      })
    )
  )

  it.effect("goes to the futures wallet, and to a subaccount, at once", () =>
    onBackend(() =>
      Effect.gen(function* () {
        const future = { asset: "BTC", from_wallet: "Spot Wallet", to_wallet: "Futures Wallet", amount: "1.25" }
        const { refid } = yield* use(WalletTransfer.walletTransfer, future)
        assert.strictEqual(yield* held("XXBT"), "8.7500000000")
        const { entries } = yield* use(Account.getLedgers, { type: "transfer", detail: "full" })
        assert.deepInclude(entries[0], { refid, amount: "-1.2500000000", subtype: "spottofutures" })
        assert.isFalse((yield* use(Withdrawals.cancelWithdrawal, { asset: "BTC", refid })).canceled)

        assert.isTrue(
          (yield* use(Subaccounts.createSubaccount, { username: "desk2", email: "desk2@example.com" })).created
        )
        const { accounts } = yield* use(Account.listWalletAccounts)
        const [main, desk] = accounts
        assert.deepStrictEqual([main.type, desk.type, desk.name], ["main", "spot", "desk2"])
        const [from_account, to_account] = [main.account_id, desk.account_id]
        const there = { asset: "BTC", amount: "0.75", from_account, to_account }
        assert.deepInclude(yield* use(Subaccounts.accountTransfer, there), { status: "complete" })
        assert.strictEqual(yield* held("XXBT"), "8.0000000000")
        const back = { ...there, from_account: to_account, to_account: from_account }
        yield* use(Subaccounts.accountTransfer, back)
        assert.strictEqual(yield* held("XXBT"), "8.7500000000")
        yield* TestClock.adjust("5 seconds")
        const empty = yield* Effect.flip(Subaccounts.accountTransfer.call(back))
        assert.include(Object(empty).message, "Insufficient funds")
      })
    )
  )

  it.effect("earns: pending, allocated, rewarded, unbonding, and back", () =>
    onBackend((deposit) =>
      Effect.gen(function* () {
        yield* deposit("DOT", "1000")
        yield* TestClock.adjust("3 minutes")
        const { strategies } = yield* use(Earn.listEarnStrategies, { asset: "DOT", lock_type: ["bonded"] })
        assert.deepInclude(strategies[0], { asset: "DOT", unbonding_period: 28 * 86_400, can_allocate: true })
        const strategy_id = strategies[0].id
        const share = Effect.map(use(Earn.listEarnAllocations), ({ allocations }) => find(allocations, { strategy_id }))
        assert.isUndefined(yield* share)

        assert.isTrue((yield* use(Earn.allocateEarn, { strategy_id, amount: "600" })).accepted)
        assert.isTrue((yield* use(Earn.getEarnAllocationStatus, { strategy_id })).pending)
        assert.strictEqual((yield* share).amount_allocated.pending.native, "600.0000000000")
        assert.deepStrictEqual([yield* held("DOT"), yield* held("DOT.B")], ["400.0000000000", "600.0000000000"])
        yield* TestClock.adjust("10 seconds")
        assert.isFalse((yield* use(Earn.getEarnAllocationStatus, { strategy_id })).pending)
        assert.notProperty((yield* share).amount_allocated, "pending")

        yield* TestClock.adjust("8 days")
        const rewarded = yield* share
        const reward = Number(rewarded.total_rewarded.native)
        assert.isTrue(
          reward > 0.1 && reward < 1.2,
          "a week of 600 at ten percent a year, or the part of it that there was"
        )
        assert.strictEqual(yield* held("DOT.B"), rewarded.amount_allocated.total.native)

        yield* use(Earn.deallocateEarn, { strategy_id, amount: "250" })
        assert.isTrue((yield* use(Earn.getEarnDeallocationStatus, { strategy_id })).pending)
        yield* TestClock.adjust("10 seconds")
        assert.isFalse((yield* use(Earn.getEarnDeallocationStatus, { strategy_id })).pending)
        const { unbonding } = (yield* share).amount_allocated
        assert.strictEqual(unbonding.native, "250.0000000000")
        assert.strictEqual(
          Date.parse(unbonding.allocations[0].expires) - Date.parse(unbonding.allocations[0].created_at),
          28 * 86_400_000
        )
        yield* TestClock.adjust("27 days")
        assert.strictEqual(yield* held("DOT"), "400.0000000000")
        yield* TestClock.adjust("1 day")
        assert.strictEqual(yield* held("DOT"), "650.0000000000")
        assert.notProperty((yield* share).amount_allocated, "unbonding")
      })
    )
  )

  it.effect("is reported: queued, processed, a ZIP that opens, with a row for each thing that moved it", () =>
    onBackend(() =>
      Effect.gen(function* () {
        yield* use(Placing.addOrder, { pair: "BTC/USD", type: "sell", ordertype: "market", volume: "0.5" })
        yield* TestClock.adjust("1 second")
        const { id } = yield* use(Exports.requestExportReport, { report: "ledgers", description: "All" })
        const status = Effect.map(
          use(Exports.getExportStatus, { report: "ledgers" }),
          ({ reports }) => find(reports, { id }).status
        )
        const early = yield* Effect.flip(Exports.retrieveExport.call({ id }))
        assert.strictEqual(Object(early)._tag, "KrakenArgumentsError")
        const seen = yield* Effect.forEach([0, 2, 3], (seconds) =>
          Effect.zipRight(TestClock.adjust(seconds * 1000), status)
        )
        assert.deepStrictEqual(seen, ["Queued", "Processing", "Processed"])

        const { content } = yield* Exports.retrieveExport.call({ id, as: "zip" })
        const { resource } = content.find(({ type }) => type === "resource") as Json
        assert.strictEqual(resource.mimeType, "application/zip")
        const files = unzipSync(Buffer.from(resource.blob, "base64"))
        const rows: ReadonlyArray<Record<string, string>> = parse(strFromU8(files["ledgers.csv"]!), { columns: true })
        const { count, entries } = yield* use(Account.getLedgers, { detail: "full" })
        assert.lengthOf(rows, count)
        for (const { amount, balance, fee, id: txid, refid } of entries) {
          assert.deepInclude(find(rows, { txid }), { amount, balance, fee, refid })
        }
        const { columns, rows: shown } = yield* use(Exports.retrieveExport, { id, as: "rows", limit: 1 })
        assert.deepStrictEqual(shown, [columns.map((name: string) => rows[0]![name])])
        assert.isTrue((yield* use(Exports.removeExport, { id })).removed)
        assert.strictEqual(Object(yield* Effect.flip(Exports.retrieveExport.call({ id })))._tag, "KrakenArgumentsError")
      })
    )
  )
})
