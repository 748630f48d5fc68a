import { Effect } from "effect"
import { table } from "../../src/cli/kit/textTable.ts"
import * as D from "../../src/domain/numbers/decimal.ts"
import type { Answer, Call } from "./connect.ts"

/** Plays an agent that is asked to buy some Bitcoin carefully. */
export const session = Effect.fnUntraced(function* (call: Call, say: (line: string) => void) {
  const use = (name: string, args?: Record<string, unknown>) => {
    say(`\n> ${name} ${args === undefined ? "" : JSON.stringify(args)}`.trimEnd())
    return call(name, args)
  }

  const mode = yield* use("get_trading_mode")
  say(`${mode.mode}: ${mode.account}, ${mode.market}`)

  const { pairs } = yield* use("get_asset_pairs", { pair: ["btc-usd"] })
  const [{ ordermin, pair, tick_size }] = pairs
  say(`${pair}: at least ${ordermin} BTC, prices in steps of ${tick_size} USD`)

  const { asks, bids } = yield* use("get_order_book", { pair, count: 3 })
  for (const [price, volume] of asks.toReversed()) say(`  ask ${price} x ${volume}`)
  for (const [price, volume] of bids) say(`  bid ${price} x ${volume}`)

  const before = yield* use("get_extended_balance")
  say(held(before))

  const market = { pair, type: "buy", ordertype: "market", volume: "0.02" }
  const preview = yield* use("add_order", { ...market, validate: true })
  say(`it would be: ${preview.descr.order}`)

  const bought = yield* use("add_order", market)
  say(`placed ${bought.txid[0]}: ${bought.descr.order}`)

  const price = below(bids[0][0], "0.97", tick_size)
  const resting = yield* use("add_order", { pair, type: "buy", ordertype: "limit", volume: "0.01", price })
  const txid = resting.txid[0]
  say(`waits as ${txid}: ${resting.descr.order}`)
  yield* use("amend_order", { txid, order_qty: "0.012", limit_price: below(price, "0.99", tick_size) })
  const { orders } = yield* use("get_open_orders")
  for (const { ordertype, pair, price, type, vol } of orders) say(`now: ${type} ${vol} ${pair} @ ${ordertype} ${price}`)
  const { count } = yield* use("cancel_order", { txid })
  say(`canceled: ${count}`)

  const { trades } = yield* use("get_trade_history", { detail: "full" })
  for (const { fee, pair, price, type, vol } of trades) say(`${type} ${vol} ${pair} at ${price}, fee ${fee}`)
  const after = yield* use("get_extended_balance")
  const fees = D.format(trades.map(({ fee }: Answer) => D.decimal(fee)).reduce(D.sum))
  say("")
  say(
    table(
      `What became of the account; fees ${fees} USD, simulated`,
      ["Asset", "Before", "After"],
      after.balances.map(({ asset, balance }: Answer) => [asset, balanceOf(before, asset), balance])
    )
  )
})

/** Computes a fraction of a price, in whole steps of its pair. */
const below = (price: string, part: string, step: string): string =>
  D.format(D.nearestMultiple(D.multiply(D.decimal(price), D.decimal(part)), D.decimal(step)))

const held = ({ balances }: Answer): string =>
  balances.map(({ asset, available }: Answer) => `${available} ${asset} free`).join(", ")

const balanceOf = ({ balances }: Answer, asset: string): string =>
  balances.find((row: Answer) => row.asset === asset)?.balance ?? "0"
