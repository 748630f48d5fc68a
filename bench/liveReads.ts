import { Effect, Layer, Logger, LogLevel } from "effect"
import type { Config } from "../src/services/Config.ts"
import { liveProduct, look } from "../test/server/liveProduct.ts"
import { liveSeconds } from "./settings.ts"
import { number, print, table } from "./table.ts"

/** The tools that an agent looks at, one after the other. */
const tools: ReadonlyArray<readonly [string, object]> = [
  ["get_ticker", { pair: "BTC/USD,ETH/USD" }],
  ["get_order_book", { pair: "BTC/USD", count: 10 }],
  ["get_open_orders", {}],
  ["get_account_balance", {}],
  ["get_extended_balance", {}]
]

const looks = 50

/** The looks between two orders of the agent. An order makes what is known of the account outdated. */
const looksPerOrder = 25

const order = { pair: "BTC/USD", type: "buy", ordertype: "limit", volume: "0.001", price: "50000" }

/** Plays the session, and counts the requests by REST of each tool, and those that it does not name. */
const play = (feed: (typeof Config.Service)["feed"], withOrders: boolean) =>
  Effect.gen(function* () {
    const { layer, requests } = yield* liveProduct({ feed })
    const context = yield* Layer.build(layer)
    return yield* Effect.gen(function* () {
      const counts = new Map<string, number>()
      const answers = new Map<string, number>()
      const call = Effect.fnUntraced(function* (name: string, args: object) {
        const before = requests.length
        const { source } = yield* look(name, args)
        counts.set(name, (counts.get(name) ?? 0) + requests.length - before)
        if (source === "websocket") answers.set(name, (answers.get(name) ?? 0) + 1)
      })
      // The lists of names are read once in any case.
      yield* look("get_asset_pairs", { pair: "BTC/USD" })
      for (let n = 0; n < looks; n++) {
        if (withOrders && n > 0 && n % looksPerOrder === 0) yield* look("add_order", { ...order, userref: n })
        for (const [name, args] of tools) yield* call(name, args)
        yield* Effect.sleep((liveSeconds * 1000) / looks)
      }
      return { counts, answers }
    }).pipe(Effect.provide(context))
  }).pipe(Effect.scoped, Logger.withMinimumLogLevel(LogLevel.None))

/** Counts the requests by REST of an agent that looks at the market and its account all the time. */
export const liveReads = async (): Promise<void> => {
  const off = await Effect.runPromise(play("off", false))
  const auto = await Effect.runPromise(play("auto", false))
  const orders = await Effect.runPromise(play("auto", true))
  const sum = (counts: ReadonlyMap<string, number>) => Array.from(counts.values()).reduce((a, b) => a + b, 0)
  const rows = tools.map(([name]) =>
    [name, ...[off, auto, orders].map(({ counts }) => number(counts.get(name) ?? 0))].concat(
      number(auto.answers.get(name) ?? 0)
    )
  )
  print(
    table(
      `14. Requests by REST of ${looks} looks with each tool in ${liveSeconds} s`,
      ["tool", "without live data", "with live data", "and an order now and then", "answers from live data"],
      [
        ...rows,
        ["together", ...[off, auto, orders].map(({ counts }) => number(sum(counts))), number(sum(auto.answers))]
      ]
    )
  )
}
