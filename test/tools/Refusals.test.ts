import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Permission } from "../../src/domain/keys/permissions.ts"
import { KrakenFundingError, KrakenOrderError, type KrakenRefusal } from "../../src/services/KrakenErrors.ts"
import * as Withdrawals from "../../src/tools/funding/withdrawals.ts"
import * as Cancelling from "../../src/tools/trading/cancelOrders.ts"
import * as Changing from "../../src/tools/trading/changeOrders.ts"
import * as Placing from "../../src/tools/trading/placeOrders.ts"
import * as Reads from "../../src/tools/trading/readTools.ts"
import { TestKraken } from "../doubles/TestKraken.ts"
import { directory } from "../fixtures/krakenLists.ts"

const txid = "OUF4EM-FRGI2-MQMWZD"
const pair = "BTC/USD"
const buy = { pair, type: "buy", ordertype: "limit", volume: "0.01", price: "50000.0", validate: false } as const

const orderOf = (type: string, more: object = {}) => ({
  descr: { pair: "XBTUSD", type, ordertype: "limit", price: "50000.0", leverage: "none" },
  status: "open",
  vol: "2",
  vol_exec: "0.5",
  ...more
})

const refused = (endpoint: string, code: string) => ({
  [endpoint]: code.startsWith("EFunding")
    ? new KrakenFundingError({ endpoint, codes: [code] })
    : new KrakenOrderError({ endpoint, codes: [code] })
})

/** Runs a call that Kraken refuses, and returns the hints of its error. */
const hintsOf = (
  call: Effect.Effect<unknown, { readonly _tag: string; readonly hints?: unknown }, Needs>,
  options: {
    readonly refusals: Record<string, KrakenRefusal>
    readonly answers?: Record<string, unknown>
    readonly granted?: ReadonlyArray<Permission>
  },
  calls: Array<string> = []
): Effect.Effect<string> =>
  Effect.flip(call).pipe(
    Effect.orDie,
    Effect.map((error) => (Array.isArray(error.hints) ? error.hints.join("\n") : "")),
    Effect.provide(
      TestKraken({ granted: Permission.literals, directory, ...options, onCall: (endpoint) => calls.push(endpoint) })
    )
  )

type Needs = Effect.Effect.Context<ReturnType<typeof Placing.addOrder.run>>

const includes = (text: string, ...words: ReadonlyArray<string>) => {
  for (const word of words) assert.include(text, word)
}

describe("a refusal for lack of funds", () => {
  const answers = {
    "private/BalanceEx": { ZUSD: { balance: "1000", hold_trade: "750" }, XXBT: { balance: "3", hold_trade: "1.5" } },
    "private/OpenOrders": { open: { OBUY: orderOf("buy"), OSELL: orderOf("sell") } }
  }

  it.effect("names free and held funds of the currency that is spent, and the orders that hold it", () =>
    Effect.gen(function* () {
      const refusals = refused("private/AddOrder", "EOrder:Insufficient funds")
      const spent = yield* hintsOf(Placing.addOrder.run(buy), { refusals, answers })
      includes(spent, "USD", "250 is free", "750", "OBUY (buy 1.5 BTC/USD at 50000)")
      assert.notInclude(spent, "OSELL")
      const sold = yield* hintsOf(Placing.addOrder.run({ ...buy, type: "sell" }), { refusals, answers })
      includes(sold, "BTC", "1.5 is free", "OSELL")
      assert.notInclude(sold, "OBUY")
    })
  )

  it.effect("does so for batches, changes and withdrawals", () =>
    Effect.gen(function* () {
      const { pair: _, validate: __, ...order } = buy
      const withOrder = { ...answers, "private/QueryOrders": { [txid]: orderOf("sell") } }
      const batch = yield* hintsOf(Placing.addOrderBatch.run({ pair, orders: [order, order], validate: false }), {
        refusals: refused("private/AddOrderBatch", "EOrder:Insufficient funds"),
        answers
      })
      const amend = yield* hintsOf(Changing.amendOrder.run({ txid, order_qty: "9" }), {
        refusals: refused("private/AmendOrder", "EOrder:Insufficient funds"),
        answers: withOrder
      })
      const edit = yield* hintsOf(Changing.editOrder.run({ txid, pair, volume: "9", validate: false }), {
        refusals: refused("private/EditOrder", "EOrder:Insufficient funds"),
        answers: withOrder
      })
      const withdrawal = yield* hintsOf(Withdrawals.withdraw.run({ asset: "BTC", key: "mine", amount: "9" }), {
        refusals: refused("private/Withdraw", "EFunding:Insufficient funds"),
        answers
      })
      includes(batch, "250 is free")
      for (const hints of [amend, edit, withdrawal]) includes(hints, "1.5 is free", "OSELL")
    })
  )

  it.effect("explains an order of a batch that Kraken refused beside others", () =>
    Effect.gen(function* () {
      const { pair: _, validate: __, ...order } = buy
      const { warning } = yield* Placing.addOrderBatch.run({
        pair,
        orders: [order, { ...order, type: "sell" }],
        validate: false
      })
      includes(warning ?? "", "BTC", "1.5 is free")
      assert.notInclude(warning, "USD,")
    }).pipe(
      Effect.provide(
        TestKraken({
          granted: Permission.literals,
          directory,
          answers: {
            ...answers,
            "private/AddOrderBatch": { orders: [{ txid }, { error: "EOrder:Insufficient funds" }] }
          }
        })
      )
    )
  )

  it.effect("for margin names the free margin", () =>
    Effect.gen(function* () {
      const refusals = refused("private/AddOrder", "EOrder:Insufficient margin")
      const hints = yield* hintsOf(Placing.addOrder.run({ ...buy, leverage: "2" }), {
        refusals,
        answers: { "private/TradeBalance": { eb: "100", mf: "41.5" } }
      })
      includes(hints, "41.5", "get_trade_balance")
    })
  )

  it.effect("stays as it is if the facts cannot be read, and asks only what the key may read", () =>
    Effect.gen(function* () {
      const refusals = refused("private/AddOrder", "EOrder:Insufficient funds")
      assert.strictEqual(yield* hintsOf(Placing.addOrder.run(buy), { refusals }), "")
      const broken = { "private/BalanceEx": { ZUSD: 7 } }
      assert.strictEqual(yield* hintsOf(Placing.addOrder.run(buy), { refusals, answers: broken }), "")
      const calls: Array<string> = []
      assert.strictEqual(
        yield* hintsOf(Placing.addOrder.run(buy), { refusals, answers, granted: ["modify-trades"] }, calls),
        ""
      )
      assert.deepStrictEqual(calls, ["private/AddOrder"])
    })
  )
})

describe("a refusal of a withdrawal key", () => {
  const row = { asset: "XXBT", address: "bc1q", method: "Bitcoin" }
  const refusals = {
    ...refused("private/Withdraw", "EFunding:Unknown withdraw key"),
    ...refused("private/WithdrawInfo", "EFunding:Unknown withdraw key")
  }
  const answers = {
    "private/WithdrawAddresses": [
      { ...row, key: "cold", verified: true },
      { ...row, key: "new", verified: false },
      { ...row, asset: "XETH", key: "ether", verified: true }
    ]
  }
  const withdraw = (key: string) => Withdrawals.withdraw.run({ asset: "BTC", key, amount: "1" })

  it.effect("lists the saved keys of the asset, and says which is not verified", () =>
    Effect.gen(function* () {
      const unknown = yield* hintsOf(withdraw("hot"), { refusals, answers })
      includes(unknown, '"cold"', '"new" (not verified)')
      assert.notInclude(unknown, "ether")
      includes(yield* hintsOf(withdraw("new"), { refusals, answers }), 'The key "new" is saved and not verified')
      includes(yield* hintsOf(withdraw("ether"), { refusals, answers }), 'The key "ether" is one of ETH')
      const quote = Withdrawals.getWithdrawalInfo.run({ asset: "BTC", key: "hot", amount: "1" })
      includes(yield* hintsOf(quote, { refusals, answers }), '"cold"')
      includes(yield* hintsOf(withdraw("hot"), { refusals, answers: { "private/WithdrawAddresses": [] } }), "BTC")
    })
  )

  it.effect("stays as it is if the addresses cannot be read", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* hintsOf(withdraw("hot"), { refusals }), "")
    })
  )
})

describe("a refusal of a price", () => {
  const ticker = { XXBTZUSD: { a: ["50010.0"], b: ["49990.0"], c: ["50000.0"] } }
  const refusals = refused("private/AmendOrder", "EOrder:Invalid price")

  it.effect("says that a post-only order would take, and shows the market", () =>
    Effect.gen(function* () {
      const answers = {
        "private/QueryOrders": { [txid]: orderOf("buy", { oflags: "fciq,post" }) },
        "public/Ticker": ticker
      }
      const amend = (limit_price: string) => Changing.amendOrder.run({ txid, limit_price })
      includes(yield* hintsOf(amend("50020.0"), { refusals, answers }), "post-only", "50020.0", "50010")
      const waiting = yield* hintsOf(amend("49000.0"), { refusals, answers })
      assert.notInclude(waiting, "post-only")
      includes(waiting, "last 50000", "bid 49990", "ask 50010")
    })
  )

  it.effect("says that the price has too many decimals for the pair of the order", () =>
    Effect.gen(function* () {
      const answers = { "private/QueryOrders": { [txid]: orderOf("sell") } }
      const amend = Changing.amendOrder.run({ txid, limit_price: "50020.55" })
      includes(yield* hintsOf(amend, { refusals, answers }), "50020.55 has 2 decimals")
    })
  )

  it.effect("of a new order shows the market", () =>
    Effect.gen(function* () {
      const refusals = refused("private/AddOrder", "EOrder:Invalid price")
      includes(
        yield* hintsOf(Placing.addOrder.run(buy), { refusals, answers: { "public/Ticker": ticker } }),
        "last 50000"
      )
    })
  )
})

describe("a refusal of an unknown order", () => {
  const unknown = (endpoint: string) => refused(endpoint, "EOrder:Unknown order")
  const answers = {
    "private/QueryOrders": { [txid]: orderOf("buy", { status: "canceled", reason: "User requested" }) },
    "private/OpenOrders": { open: { OOPEN: orderOf("buy", { userref: 7 }) } }
  }

  it.effect("says which id it is about, and what became of the order", () =>
    Effect.gen(function* () {
      for (const [endpoint, call] of [
        ["private/CancelOrder", Cancelling.cancelOrder.run({ txid })],
        ["private/AmendOrder", Changing.amendOrder.run({ txid, order_qty: "1" })],
        ["private/EditOrder", Changing.editOrder.run({ txid, pair, volume: "1", validate: false })],
        ["private/OrderAmends", Reads.getOrderAmends.run({ txid })]
      ] as const) {
        includes(yield* hintsOf(call, { refusals: unknown(endpoint), answers }), txid, "canceled", "User requested")
        includes(yield* hintsOf(call, { refusals: unknown(endpoint) }), txid, "get_closed_orders")
      }
      const refusals = unknown("private/CancelOrder")
      includes(yield* hintsOf(Cancelling.cancelOrder.run({ cl_ord_id: "mine" }), { refusals }), "cl_ord_id mine")
      includes(yield* hintsOf(Cancelling.cancelOrder.run({ txid: "7" }), { refusals }), "userref 7")
    })
  )

  it.effect("of a batch says which orders are not open, and which still are", () =>
    Effect.gen(function* () {
      const call = Cancelling.cancelOrderBatch.run({ orders: ["OOPEN", txid, "7"], cl_ord_ids: ["mine"] })
      const hints = yield* hintsOf(call, { refusals: unknown("private/CancelOrderBatch"), answers })
      assert.deepStrictEqual(hints.split("\n"), [`Not open: ${txid}, mine`, "Still open: OOPEN, 7"])
    })
  )
})
