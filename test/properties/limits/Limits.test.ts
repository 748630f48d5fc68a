import { assert, describe, it } from "@effect/vitest"
import { Cause, Clock, Effect, Exit, Fiber, Option } from "effect"
import * as fc from "fast-check"
import type { Params, WriteEndpoint } from "../../../src/domain/endpoints/endpoints.ts"
import * as D from "../../../src/domain/numbers/decimal.ts"
import { format } from "../../../src/exchange/base/fixed.ts"
import { handle } from "../../../src/exchange/commands/handle.ts"
import type { Order } from "../../../src/exchange/state/order.ts"
import type { SendError, Sent } from "../../../src/services/KrakenWriter.ts"
import { makeVirtualClock } from "../../doubles/fake/VirtualClock.ts"
import { runs } from "../../Property.ts"
import { temporaryFolder } from "../../temporaryFolder.ts"
import { calm, type OrderChoice, type Scenario, type Step, stormy, type Timed } from "./scenarios.ts"
import { checkTruth, truthOf } from "./truth.ts"
import {
  address,
  faultsIn,
  makeExchange,
  saveMandate,
  type Process,
  start,
  type World
} from "../../doubles/LimitedAgent.ts"

const pairs = ["XBTUSD", "ETHUSD"] as const
const bases = ["XXBT", "XETH"] as const

/** The ways in which calls ended, over all scenarios. */
type Endings = Set<string>

describe("the money that left or can leave is never beyond the mandate", () => {
  it.effect(
    "whatever goes wrong, with two processes",
    () => {
      const endings: Endings = new Set()
      const property = fc.asyncProperty(stormy, (scenario) => play(scenario, endings))
      return Effect.map(
        Effect.promise(() => fc.assert(property, { numRuns: runs(30) })),
        () => assert.includeMembers([...endings], ["Sent", "LimitReached", "KrakenNotPlaced", "NotAllowed"])
      )
    },
    0
  )

  it.effect(
    "and an order that only reduces is never refused for lack of room",
    () => {
      const endings: Endings = new Set()
      const check = (call: Call) => {
        if (call.reduces && call.ending === "LimitReached") assert.fail(`refused: ${call.message}`)
      }
      const property = fc.asyncProperty(calm, (scenario) => play(scenario, endings, check))
      return Effect.map(
        Effect.promise(() => fc.assert(property, { numRuns: runs(30) })),
        () => assert.includeMembers([...endings], ["Sent", "LimitReached"])
      )
    },
    0
  )
})

/** A call that ended. */
interface Call {
  readonly params: Params
  /** True if it sells only what the agent bought and no open order of it sells. */
  readonly reduces: boolean
  /** The tag of its error, or `Sent`. */
  readonly ending: string
  readonly message: string
}

/** Plays a scenario. If each call is checked, calls that do not overlap end before the next one begins, however long they take. */
const play = (scenario: Scenario, endings: Endings, check?: (call: Call) => void) => {
  const { run, ...clock } = makeVirtualClock()
  return run(Effect.scoped(playOn(scenario, endings, check, clock)))
}

const playOn = Effect.fnUntraced(function* (
  { live, prices, steps, terms }: Scenario,
  endings: Endings,
  check: ((call: Call) => void) | undefined,
  { setWall, suspend }: Omit<ReturnType<typeof makeVirtualClock>, "run">
) {
  const world = makeExchange(prices)
  world.rest.ahead = world.rest.exchange.now - (yield* Clock.currentTimeMillis)
  // Deadlines are judged by Kraken's clock, so ours begins with the same time.
  yield* setWall(world.rest.ahead)
  const folder = yield* temporaryFolder
  yield* saveMandate(folder, terms)
  const startOne = (n: number) => start(world, folder, terms, Option.none(), live[n])
  const processes = [yield* startOne(0), yield* startOne(1)]
  const look = Effect.map(Clock.currentTimeNanos, (nanos) => {
    handle(world.rest.exchange, { endpoint: "public/Time", now: Number(nanos / 1_000_000n) + world.rest.ahead })
    checkTruth(truthOf(world), terms)
  }).pipe(Effect.zipRight(Effect.forEach(processes, ({ passEvents }) => passEvents, { discard: true })))
  const fibers: Array<Fiber.Fiber<void>> = []
  const act = Effect.fnUntraced(function* ({ process: which, step }: Timed) {
    const process = processes[which]
    if (process === undefined) return
    switch (step.kind) {
      case "fault":
        world.rest.faults.push({ endpoint: step.endpoint, kind: step.fault, seconds: step.seconds, count: 1 })
        return
      case "clock":
        return yield* setWall(step.by)
      case "crash": {
        yield* process.crash
        processes[which] = yield* startOne(which)
        return
      }
      default: {
        const [endpoint, params, reduces] = request(world, step)
        if (params === undefined) return
        const exit = yield* Effect.exit(process.asAgent(process.writer.send(endpoint, params)))
        const call = { params, reduces, ...endingOf(exit) }
        endings.add(call.ending)
        assert.notStrictEqual(call.ending, "Defect", call.message)
        check?.(call)
      }
    }
  })
  for (const timed of steps) {
    const fiber = yield* Effect.fork(Effect.zipRight(act(timed), look))
    fibers.push(fiber)
    if (!timed.overlaps)
      yield* check === undefined ? Effect.raceFirst(Fiber.join(fiber), Effect.sleep("3 minutes")) : Fiber.join(fiber)
    // The machine is suspended for the longest waits.
    yield* timed.wait > 60 ? suspend(timed.wait * 1000) : Effect.sleep(timed.wait * 1000)
    yield* look
  }
  yield* Effect.sleep("5 minutes")
  yield* Fiber.interruptAll(fibers)
  yield* look
  yield* Effect.forEach(processes, ({ crash }) => crash)
  assert.deepStrictEqual(yield* faultsIn(folder), [])
})

const endingOf = (exit: Exit.Exit<Sent, SendError>) =>
  Exit.match(exit, {
    onSuccess: () => ({ ending: "Sent", message: "" }),
    onFailure: (cause) =>
      Option.match(Cause.failureOption(cause), {
        onNone: () => ({ ending: Cause.isInterrupted(cause) ? "Interrupted" : "Defect", message: Cause.pretty(cause) }),
        onSome: ({ _tag, message }) => ({ ending: _tag, message })
      })
  })

type Request = readonly [WriteEndpoint, Params | undefined, boolean]

/** Makes the request of a step. Undefined parameters if there is nothing to act on. */
const request = (world: World, step: Exclude<Step, { readonly kind: "clock" | "crash" | "fault" }>): Request => {
  const open = openOrders(world)
  switch (step.kind) {
    case "order": {
      const { params, reduces } = orderOf(world, step.order)
      return ["private/AddOrder", params && { pair: pairs[step.order.pair], ...params }, reduces]
    }
    case "batch": {
      const orders = step.orders.flatMap((order) => orderOf(world, { ...order, pair: 0 }).params ?? [])
      return ["private/AddOrderBatch", orders.length < 2 ? undefined : { pair: pairs[0], orders }, false]
    }
    case "amend": {
      const order = open[step.pick % Math.max(1, open.length)]
      if (order?.limit === undefined) return ["private/AmendOrder", undefined, false]
      const { limit, pair, txid, volume } = order
      const order_qty = format((volume * BigInt(step.volume)) / 100n, pair.lotDecimals)
      const limit_price = format(((limit * BigInt(1000 + step.price)) / 1000n / 10n) * 10n, pair.priceDecimals)
      return ["private/AmendOrder", { txid, order_qty, limit_price }, false]
    }
    case "cancel": {
      const order = open[step.pick % Math.max(1, open.length)]
      return ["private/CancelOrder", order && { txid: order.txid }, false]
    }
    case "cancelAll":
      return ["private/CancelAll", {}, false]
    case "withdraw":
      return ["private/Withdraw", { asset: "USD", key: address, amount: String(step.dollars) }, false]
  }
}

const openOrders = ({ rest }: World): ReadonlyArray<Order> => [
  ...([...rest.exchange.accounts.values()][0]?.open.values() ?? [])
]

/** The share of an asset that the agent bought, and no open order of it sells. */
const ownedOf = (world: World, base: string): D.Decimal => truthOf(world).net.get(base) ?? D.zero

const orderOf = (world: World, { close, distance, pair, size, type }: OrderChoice) => {
  const base = bases[pair] ?? ""
  const { exchange } = world.rest
  const market = pairOf(world, pair)
  const middle = Number(format(exchange.market.last(market, exchange.now)?.price ?? 0n, market.priceDecimals))
  const price = distance === undefined ? undefined : String(Math.round(middle * (1 + distance / 1000)))
  const owned = ownedOf(world, base)
  const wanted =
    type === "buy"
      ? D.decimal((size / (price === undefined ? middle : Number(price))).toFixed(6))
      : D.decimal(D.toFixed(D.multiply(owned, D.decimal(String(size / 100))), 8, "floor"))
  if (!D.isPositive(wanted)) return { params: undefined, reduces: false }
  const params: Params = {
    type,
    volume: D.format(wanted),
    ...(price === undefined ? { ordertype: "market" } : { ordertype: "limit", price }),
    ...(close !== undefined &&
      type === "buy" && { close: { ordertype: "limit", price: String(Math.round(middle * (1 + close / 100))) } })
  }
  return { params, reduces: type === "sell" && close === undefined && D.lessThanOrEqualTo(wanted, owned) }
}

const pairOf = ({ rest }: World, pair: number) => {
  const found = [...rest.exchange.catalogue.pairs.values()].find(({ altname }) => altname === pairs[pair])
  if (found === undefined) throw new Error("the pair is missing")
  return found
}

/** The processes, for messages of failures. */
export type { Process }
