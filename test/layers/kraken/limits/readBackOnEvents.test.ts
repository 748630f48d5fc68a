import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Option } from "effect"
import * as D from "../../../../src/domain/numbers/decimal.ts"
import { format } from "../../../../src/exchange/base/fixed.ts"
import { handle } from "../../../../src/exchange/commands/handle.ts"
import { makeVirtualClock } from "../../../doubles/fake/VirtualClock.ts"
import { makeExchange, saveMandate, start } from "../../../doubles/LimitedAgent.ts"
import type { LiveFault } from "../../../doubles/LiveEvents.ts"
import type { Prices } from "../../../doubles/TestMarket.ts"
import { temporaryFolder } from "../../../temporaryFolder.ts"
import { terms } from "../../../properties/limits/scenarios.ts"

/** Places an order of 90 dollars that rests, lets it happen, and gives what the record and the exchange know of it. */
const rest = (faults: ReadonlyArray<LiveFault> | undefined, prices: Prices, isCanceled = false) => {
  const { run, setWall } = makeVirtualClock()
  return Effect.promise(() =>
    run(
      Effect.scoped(
        Effect.gen(function* () {
          const world = makeExchange(prices)
          const { exchange } = world.rest
          world.rest.ahead = exchange.now - (yield* Clock.currentTimeMillis)
          yield* setWall(world.rest.ahead)
          const folder = yield* temporaryFolder
          const limits = terms({ order: 100, hour: 300, day: 500 })
          yield* saveMandate(folder, limits)
          const agent = yield* start(world, folder, limits, Option.none(), faults)
          yield* agent.passEvents
          const order = { pair: "XBTUSD", type: "buy", ordertype: "limit", price: "48000", volume: "0.0018" }
          const { result } = yield* agent.asAgent(agent.writer.send("private/AddOrder", order))
          const [txid] = Object(result).txid
          yield* Effect.sleep("10 minutes")
          const now = Number((yield* Clock.currentTimeNanos) / 1_000_000n) + world.rest.ahead
          handle(exchange, { endpoint: "public/Time", now })
          if (isCanceled) handle(exchange, { endpoint: "private/CancelOrder", params: { txid }, account: "ann", now })
          yield* agent.passEvents
          yield* Effect.sleep("10 seconds")
          const made = exchange.orders.get(String(txid))
          const cost = made && D.decimal(format(made.cost + made.fee, made.pair.costDecimals))
          return {
            status: made?.status,
            cost: D.format(cost ?? D.zero),
            open: (yield* agent.asAgent(agent.record.openSpends("own"))).length,
            usage: yield* agent.asAgent(agent.record.usage({}))
          }
        })
      )
    )
  )
}

const falls: Prices = [
  [0, "50000"],
  [300, "47000"]
]

/** The dollars that the last day counts. */
const usedIn = ({ usage }: Effect.Effect.Success<ReturnType<typeof rest>>) =>
  usage.limits.find(({ window }) => window === "day")?.used

describe("orders that live events tell of", () => {
  it.effect("are read back once they are filled, and count with what they cost", () =>
    Effect.gen(function* () {
      const found = yield* rest(["pass"], falls)
      assert.deepInclude(found, { status: "closed", open: 0 })
      assert.strictEqual(usedIn(found), found.cost)
    })
  )

  it.effect("give back what they did not spend once they are cancelled by another program", () =>
    Effect.gen(function* () {
      const found = yield* rest(["pass"], [[0, "50000"]], true)
      assert.deepInclude(found, { status: "canceled", open: 0 })
      assert.strictEqual(usedIn(found), "0")
    })
  )

  it.effect("count once, however often an event comes", () =>
    Effect.gen(function* () {
      const found = yield* rest(["twice"], falls)
      assert.strictEqual(usedIn(found), found.cost)
    })
  )

  it.effect("keep what they reserved if no event comes", () =>
    Effect.gen(function* () {
      const found = yield* rest(undefined, falls)
      assert.deepInclude(found, { status: "closed", open: 1 })
    })
  )
})
