import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type Kraken from "../../../node_modules/ccxt/js/src/kraken.js"
import { builtIn } from "../../../src/exchange/catalogue/builtIn.ts"
import { assetOf } from "../../../src/exchange/catalogue/catalogue.ts"
import { statusAt } from "../../../src/exchange/accounts/funding.ts"
import type { Json } from "../../doubles/TestExchange.ts"
import { moment, units, withClient } from "./Client.ts"

const idsOf = (found: ReadonlyArray<Json>) => found.map(({ id }) => id)

/** Sorts by time, as ccxt does. */
const byTime = <A extends { readonly time: number }>(entries: ReadonlyArray<A>) =>
  entries.toSorted((one, other) => one.time - other.time)

describe("ccxt keeps accounts", () => {
  it.scoped("fetchBalance: balances and holds of orders", () =>
    Effect.gen(function* () {
      const { account, use } = yield* withClient()
      yield* use((kraken) => kraken.createOrder("ETH/USD", "limit", "sell", 2.5, 9000))
      const balance: Json = yield* use((kraken) => kraken.fetchBalance())
      assert.strictEqual(Object.keys(balance.total).length, account.balances.size)
      for (const [id, amount] of account.balances) {
        const { decimals, display } = assetOf(builtIn, id)
        const read = balance[id.includes(".") ? id : display]
        const held = account.holds.get(id) ?? 0n
        assert.strictEqual(units(read.total, decimals), amount)
        assert.strictEqual(units(read.used, decimals), held)
        assert.strictEqual(units(read.free, decimals), amount - held)
      }
      assert.strictEqual(balance.ETH.used, 2.5)
    })
  )

  it.scoped("fetchClosedOrders: page by page, by pair, by userref, since a time", () =>
    Effect.gen(function* () {
      const { account, use } = yield* withClient()
      const closed = [...account.closed]
      const ask = (params: object = {}, symbol?: string, since?: number) =>
        use((kraken) => kraken.fetchClosedOrders(symbol, since, undefined, params))
      const first = yield* ask()
      const second = yield* ask({ ofs: 50 })
      assert.lengthOf(first, 50)
      assert.sameMembers(
        [...idsOf(first), ...idsOf(second)],
        closed.map(({ txid }) => txid)
      )
      for (const read of first) {
        const order = closed.find(({ txid }) => txid === read.id)!
        assert.deepInclude(read, { status: order.status, lastUpdateTimestamp: order.closed })
        assert.strictEqual(units(read.filled, 8), order.executed)
      }
      assert.isTrue((yield* ask({}, "SOL/USD")).every(({ symbol }) => symbol === "SOL/USD"))
      assert.deepStrictEqual(
        idsOf(yield* ask({ userref: 7 })),
        closed.filter(({ userref }) => userref === 7).map(({ txid }) => txid)
      )
      const since = moment - 2 * 3_600_000
      assert.sameMembers(
        idsOf(yield* ask({}, undefined, since)),
        closed.filter(({ opened }) => opened > since).map(({ txid }) => txid)
      )
    })
  )

  it.scoped("fetchOrdersByIds, fetchOrderTrades, fetchMyTrades: volumes, costs and fees", () =>
    Effect.gen(function* () {
      const { account, placed, use } = yield* withClient()
      const id = yield* placed((kraken) => kraken.createOrder("BTC/USD", "market", "sell", 0.5))
      const order = yield* use((kraken) => kraken.fetchOrder(id))
      const params = { trades: idsOf(order.trades) }
      const parts = yield* use((kraken) => kraken.fetchOrderTrades(id, undefined, undefined, undefined, params))
      assert.isAbove(parts.length, 1, "a market order of this size walks the book")
      const volume = parts.reduce((sum, { amount }) => sum + units(amount, 8), 0n)
      assert.strictEqual(volume, 50_000_000n)
      const some = account.closed.slice(-3).map(({ txid }) => txid)
      assert.sameMembers(idsOf(yield* use((kraken) => kraken.fetchOrdersByIds(some))), some)

      const pages = [0, 50].map((ofs) =>
        use((kraken) => kraken.fetchMyTrades(undefined, undefined, undefined, { ofs }))
      )
      const [first, second] = yield* Effect.all(pages)
      const all = [...second!, ...first!]
      assert.sameMembers(
        idsOf(all),
        [...account.trades].map(({ id }) => id)
      )
      for (const read of all) {
        const trade = account.trades.get(read.id!)!
        const { costDecimals, display, priceDecimals } = trade.pair
        assert.deepInclude(read, {
          order: trade.order,
          symbol: display,
          side: trade.side,
          timestamp: trade.time,
          takerOrMaker: trade.maker ? "maker" : "taker"
        })
        assert.strictEqual(units(read.price, priceDecimals), trade.price)
        assert.strictEqual(units(read.amount, 8), trade.volume)
        assert.strictEqual(units(read.cost, costDecimals), trade.cost)
        assert.strictEqual(units(read.fee?.cost, costDecimals), trade.fee)
        assert.strictEqual(read.fee?.currency, "USD")
      }
      assert.sameMembers([...new Set(all.map(({ takerOrMaker }) => takerOrMaker))], ["maker", "taker"])
    })
  )

  it.scoped("fetchLedger, fetchLedgerEntry: every change of every balance", () =>
    Effect.gen(function* () {
      const { account, use } = yield* withClient()
      const pages = [0, 50, 100, 150].map((ofs) =>
        use((kraken) => kraken.fetchLedger(undefined, undefined, undefined, { ofs }))
      )
      const all = (yield* Effect.all(pages)).flat()
      assert.sameMembers(
        idsOf(all),
        [...account.ledger].map(({ id }) => id)
      )
      for (const read of all) {
        const entry = account.ledger.get(read.id!)!
        const { decimals } = assetOf(builtIn, entry.asset)
        assert.deepInclude(read, { referenceId: entry.refid, timestamp: entry.time, status: "ok" })
        assert.strictEqual(read.direction, entry.amount < 0n ? "out" : "in")
        assert.strictEqual(units(read.amount, decimals), entry.amount < 0n ? -entry.amount : entry.amount)
        assert.strictEqual(units(read.fee?.cost, decimals), entry.fee)
        assert.strictEqual(units(read.info.balance, decimals), entry.balance)
      }
      const sol = yield* use((kraken) => kraken.fetchLedger("SOL"))
      assert.deepStrictEqual(
        idsOf(sol),
        byTime([...account.ledger].filter(({ asset }) => asset === "SOL")).map(({ id }) => id)
      )
      const [entry] = sol
      assert.deepInclude(yield* use((kraken) => kraken.fetchLedgerEntry(entry!.id!)), {
        id: entry!.id,
        currency: "SOL"
      })
    })
  )

  it.scoped("fetchPositions: none, and no leverage", () =>
    Effect.gen(function* () {
      const { failure, use } = yield* withClient()
      assert.deepStrictEqual(yield* use((kraken) => kraken.fetchPositions()), [])
      const margin = (kraken: Kraken) =>
        kraken.createOrder("BTC/USD", "market", "buy", 0.01, undefined, { leverage: "2" })
      assert.strictEqual(yield* failure(margin), "ExchangeError")
    })
  )
})

describe("ccxt moves money", () => {
  it.scoped("fetchDepositMethods, fetchDepositAddress, createDepositAddress", () =>
    Effect.gen(function* () {
      const { account, engine, failure, use } = yield* withClient()
      const methods = yield* use((kraken) => kraken.fetchDepositMethods("BTC"))
      assert.deepStrictEqual(methods, engine("private/DepositMethods", { asset: "XBT" }))
      const address = (method: string) => account.depositAddresses.find((known) => known.method === method)
      assert.deepInclude(yield* use((kraken) => kraken.fetchDepositAddress("BTC")), {
        currency: "BTC",
        address: address("Bitcoin")!.address
      })
      // No address was requested yet, so Kraken has none.
      assert.strictEqual(yield* failure((kraken) => kraken.fetchDepositAddress("XRP")), "InvalidAddress")
      const created = yield* use((kraken) => kraken.createDepositAddress("XRP"))
      const { address: text, tag } = address("Ripple XRP")!
      assert.deepInclude(created, { currency: "XRP", address: text, tag })
      assert.deepInclude(yield* use((kraken) => kraken.fetchDepositAddress("XRP")), { address: text, tag })
    })
  )

  it.scoped("fetchDeposits: pending, then credited", () =>
    Effect.gen(function* () {
      const { account, engine, rest, use } = yield* withClient()
      engine("control/Deposit", { account: rest.account, asset: "ADA", amount: "25.5" })
      const deposits = (code?: string) => use((kraken) => kraken.fetchDeposits(code))
      assert.deepInclude((yield* deposits("ADA"))[0], { currency: "ADA", amount: 25.5, status: "pending" })
      rest.ahead = 200_000
      assert.deepInclude((yield* deposits("ADA"))[0], { status: "ok", type: "deposit", timestamp: moment })
      const all = yield* deposits()
      assert.sameMembers(
        idsOf(all),
        account.deposits.map(({ refid }) => refid)
      )
      for (const read of all) {
        const deposit = account.deposits.find(({ refid }) => refid === read.id)!
        assert.deepInclude(read, { txid: deposit.txid, address: deposit.address })
        assert.strictEqual(units(read.amount, assetOf(builtIn, deposit.asset).decimals), deposit.amount)
      }
      assert.strictEqual((yield* use((kraken) => kraken.fetchBalance()))["ADA"]!.free, 25.5)
    })
  )

  it.scoped("withdraw, fetchWithdrawals: through all states, listed completely and by cursor", () =>
    Effect.gen(function* () {
      const { account, exchange, failure, rest, use } = yield* withClient()
      const out = (key: string, amount: number, address = "") => ({
        run: (kraken: Kraken) => kraken.withdraw("BTC", amount, address, undefined, { key })
      })
      assert.strictEqual(yield* failure(out("nobody", 0.1).run), "InvalidAddress")
      assert.strictEqual(yield* failure(out("btc-wallet-1", 0.1, "bc1qsomebodyelse00000").run), "ExchangeError")
      assert.strictEqual(yield* failure(out("btc-wallet-1", 0.00001).run), "InsufficientFunds")
      const { id } = yield* use(out("btc-wallet-1", 0.1).run)
      const second = yield* use(out("btc-wallet-1", 0.2).run)
      const { amount, fee } = account.withdrawals[0]!
      assert.strictEqual(amount + fee, 1_000_000_000n)
      for (const [seconds, status, said] of [
        [0, "pending", "Initial"],
        [60, "pending", "Pending"],
        [130, "pending", "Settled"],
        [200, "ok", "Success"]
      ] as const) {
        rest.ahead = seconds * 1000
        const both = yield* use((kraken) => kraken.fetchWithdrawals("BTC"))
        const read = both.find((each) => each.id === id)
        assert.deepInclude(read, { id, status, currency: "BTC", type: "withdrawal", network: "BTC", timestamp: moment })
        assert.strictEqual(statusAt(moment, exchange.now), said)
        assert.strictEqual(units(read!.amount, 10), amount)
        assert.strictEqual(units(read!.fee?.cost, 10), fee)
        assert.strictEqual(read!.txid === undefined, said === "Initial" || said === "Pending")
      }
      const paged = yield* use((kraken) =>
        kraken.fetchWithdrawals("BTC", undefined, undefined, { paginate: true, limit: 1 })
      )
      assert.sameMembers(idsOf(paged), [id, second.id])
    })
  )

  it.scoped("transferOut: to the futures wallet", () =>
    Effect.gen(function* () {
      const { account, use } = yield* withClient()
      const { id } = yield* use((kraken) => kraken.transferOut("BTC", 0.25))
      assert.strictEqual(account.futures.get("XXBT"), 2_500_000_000n)
      assert.strictEqual(account.ledger.at(-1)!.refid, id)
    })
  )
})
