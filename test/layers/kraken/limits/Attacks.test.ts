import { assert, describe, it } from "@effect/vitest"
import { Cause, Clock, Duration, Effect, Either, Exit, Option } from "effect"
import type { Params, WriteEndpoint } from "../../../../src/domain/endpoints/endpoints.ts"
import type { Mandate } from "../../../../src/domain/mandates/mandate.ts"
import { makeMandate, makeServerLimits, type TermTexts } from "../../../../src/domain/mandates/terms.ts"
import type { SendError, Sent } from "../../../../src/services/KrakenWriter.ts"
import { makeVirtualClock } from "../../../doubles/fake/VirtualClock.ts"
import { agentOf, makeExchange, type Process, saveMandate, start } from "../../../doubles/LimitedAgent.ts"
import type { Prices } from "../../../doubles/TestMarket.ts"
import { bearerOf, type TestPrincipal } from "../../../doubles/TestPrincipal.ts"
import { temporaryFolder } from "../../../temporaryFolder.ts"

/** Makes the mandate that these flags of `token create` give. */
const mandateOf = (flags: TermTexts): Mandate =>
  Either.getOrElse(makeMandate(flags), (problems) => assert.fail(problems.join()))

const budget: TermTexts = { budget: ["500USD"] }

/** The end of a call: the fields of its error, or those of the answer with the tag `Sent`. */
interface End {
  readonly [field: string]: unknown
  readonly _tag: string
}

const endOf = (exit: Exit.Exit<Sent, SendError>): End =>
  Exit.match(exit, {
    onSuccess: (sent) => ({ ...sent, _tag: "Sent" }),
    onFailure: (cause) => {
      const error = Option.getOrElse(Cause.failureOption(cause), () => assert.fail(Cause.pretty(cause)))
      return { ...error, _tag: error._tag }
    }
  })

/** The id of the order that a call placed. */
const idOf = ({ result }: End): string => String(Object(result).txid[0])

/** A simulated Kraken whose best ask is 50,010 USD and whose best bid is 49,990 USD, and an agent with limits. */
interface Stage {
  readonly world: ReturnType<typeof makeExchange>
  readonly folder: string
  readonly process: Process
  /** Starts another process on the same record. */
  readonly startAnother: Effect.Effect<Process>
  readonly send: (endpoint: WriteEndpoint, params: Params, by?: Caller) => Effect.Effect<End>
  /** Places an order on BTC/USD. */
  readonly order: (order: Params, by?: Caller) => Effect.Effect<End>
  readonly clock: Omit<ReturnType<typeof makeVirtualClock>, "run">
}

interface Caller {
  readonly process?: Process
  readonly principal?: TestPrincipal
}

const on = (
  options: { readonly flags?: TermTexts; readonly prices?: Prices; readonly serverMax?: ReadonlyArray<string> },
  test: (stage: Stage) => Effect.Effect<void, unknown>
) => {
  const { run, ...clock } = makeVirtualClock()
  const play = Effect.gen(function* () {
    const world = makeExchange(options.prices ?? [[0, "50000"]])
    world.rest.ahead = world.rest.exchange.now - (yield* Clock.currentTimeMillis)
    yield* clock.setWall(world.rest.ahead)
    const folder = yield* temporaryFolder
    const terms = mandateOf(options.flags ?? budget)
    const server = Option.fromNullable(Either.getOrThrow(makeServerLimits(options.serverMax ?? [], [])))
    yield* saveMandate(folder, terms)
    const startAnother = start(world, folder, terms, server)
    const process = yield* startAnother
    const send: Stage["send"] = (endpoint, params, { process: by = process, principal = agentOf(terms) } = {}) =>
      Effect.map(Effect.exit(by.as(principal)(by.writer.send(endpoint, params))), endOf)
    yield* test({
      world,
      folder,
      process,
      startAnother,
      send,
      order: (order, by) => send("private/AddOrder", { pair: "XBTUSD", ...order }, by),
      clock
    })
  })
  return Effect.promise(() => run(Effect.scoped(play)))
}

/** Sends orders one after the other, a few seconds apart, and lists how they ended. */
const inTurn = (calls: ReadonlyArray<Effect.Effect<End>>) =>
  Effect.forEach(calls, (call) =>
    Effect.zipLeft(
      Effect.map(call, ({ _tag }) => _tag),
      Effect.sleep("3 seconds")
    )
  )

const limitBuy = (volume: string, price = "50000"): Params => ({ type: "buy", ordertype: "limit", volume, price })

describe("an agent with a budget of 500 USD can't get past it by", () => {
  it.effect("a parameter that passes through to Kraken", () =>
    on({}, ({ order, world }) =>
      Effect.gen(function* () {
        const hidden = [{ leverage: "5" }, { params: { volume: "9" } }, { volume2: "9" }, { reqid: 1 }]
        for (const more of hidden) {
          const end = yield* order({ ...limitBuy("0.001"), ...more })
          assert.include(["NotAllowed", "KrakenPrecheckFailed"], end._tag, JSON.stringify(more))
        }
        assert.strictEqual(world.rest.exchange.orders.size, 0)
      })
    )
  )

  it.effect("a market order with a price of 1 USD", () =>
    on({}, ({ order, world }) =>
      Effect.gen(function* () {
        const end = yield* order({ type: "buy", ordertype: "market", volume: "0.1", price: "1" })
        assert.deepInclude(end, { _tag: "NotAllowed", rule: "price" })
        const dear = yield* order({ type: "buy", ordertype: "market", volume: "0.005" })
        assert.deepInclude(dear, { _tag: "LimitReached", limit: "max/order", unit: "USD", allowed: "100" })
        assert.strictEqual(world.rest.exchange.orders.size, 0)
      })
    )
  )

  it.effect("a limit sell at 1 USD of coins that others bought", () =>
    on({}, ({ order, world }) =>
      Effect.gen(function* () {
        const far = yield* order({ type: "sell", ordertype: "limit", volume: "5", price: "1" })
        assert.deepInclude(far, { _tag: "NotAllowed", rule: "collar" })
        const near = yield* order({ type: "sell", ordertype: "limit", volume: "5", price: "49990" })
        assert.deepInclude(near, { _tag: "LimitReached", limit: "capital", unit: "BTC", allowed: "0", asked: "5" })
        assert.strictEqual(world.rest.exchange.orders.size, 0)
      })
    )
  )

  it.effect("fifteen orders, each below the limit", () =>
    on({}, ({ order, world }) =>
      Effect.gen(function* () {
        const prices = Array.from({ length: 15 }, (_, i) => String(48_000 - i * 10))
        const ends = yield* inTurn(prices.map((price) => order(limitBuy("0.0015", price))))
        // 72 USD each, fees included.
        assert.deepStrictEqual(ends.filter((end) => end === "Sent").length, 6)
        assert.strictEqual(world.rest.exchange.orders.size, 6)
      })
    )
  )

  it.effect("the id of an earlier order", () =>
    on({}, ({ order, send, world }) =>
      Effect.gen(function* () {
        const named = (price: string) => ({ ...limitBuy("0.001", price), cl_ord_id: "mine" })
        assert.strictEqual((yield* order(named("48000")))._tag, "Sent")
        const refused = { _tag: "NotAllowed", rule: "cl_ord_id" }
        assert.deepInclude(yield* order(named("47900")), refused)
        const orders = [limitBuy("0.001", "47800"), named("47700")]
        assert.deepInclude(yield* send("private/AddOrderBatch", { pair: "XBTUSD", orders }), refused)
        assert.strictEqual(world.rest.exchange.orders.size, 1)
      })
    )
  )

  it.effect("two processes that send at once", () =>
    on({}, ({ order, startAnother, world }) =>
      Effect.gen(function* () {
        const other = yield* startAnother
        const calls = Array.from({ length: 8 }, (_, i) =>
          order(limitBuy("0.0019", String(49_000 - i * 10)), i % 2 === 0 ? {} : { process: other })
        )
        const ends = yield* Effect.all(calls, { concurrency: "unbounded" })
        // 93.5 USD each.
        assert.strictEqual(ends.filter(({ _tag }) => _tag === "Sent").length, 5)
        assert.strictEqual(world.rest.exchange.orders.size, 5)
      })
    )
  )

  it.effect("a restart between the reservation and the answer", () =>
    on({}, ({ order, process, startAnother, world }) =>
      Effect.gen(function* () {
        world.rest.faults.push({ endpoint: "AddOrder", kind: "delay", seconds: 20, count: 5 })
        const calls = Array.from({ length: 5 }, (_, i) => order(limitBuy("0.0019", String(49_000 - i * 10))))
        yield* Effect.forEach(calls, (call) => Effect.forkDaemon(call))
        const reserved = Effect.map(process.asAgent(process.record.openSpends("own")), (spends) => spends.length)
        yield* Effect.repeat(Effect.zipRight(Effect.sleep("10 millis"), reserved), { until: (count) => count === 5 })
        yield* process.crash
        const next = yield* startAnother
        const end = yield* order(limitBuy("0.0019", "48000"), { process: next })
        assert.deepInclude(end, { _tag: "LimitReached" })
      })
    )
  )

  it.effect("an order that rests for longer than the window", () =>
    on({ flags: { ...budget, max: ["400USD/order", "400USD/day"] } }, ({ clock, order }) =>
      Effect.gen(function* () {
        const first = yield* order(limitBuy("0.0075", "48000"))
        assert.strictEqual(first._tag, "Sent")
        yield* clock.suspend(Duration.toMillis("3 days"))
        const second = yield* order(limitBuy("0.0015", "48000"))
        assert.deepInclude(second, { _tag: "LimitReached", limit: "max/day" })
      })
    )
  )

  it.effect("a clock that is set ahead or back", () =>
    on({ flags: { ...budget, max: ["100USD/order", "100USD/day"], capital: ["5000USD"] } }, ({ clock, order, world }) =>
      Effect.gen(function* () {
        assert.strictEqual((yield* order(limitBuy("0.0019", "50010")))._tag, "Sent")
        for (const hours of [25, -26, 48]) {
          yield* clock.setWall(hours * 3_600_000)
          yield* Effect.sleep("3 seconds")
          assert.deepInclude(yield* order(limitBuy("0.0018", "50010")), { _tag: "LimitReached", limit: "max/day" })
        }
        assert.strictEqual(world.rest.exchange.orders.size, 1)
        yield* clock.suspend(Duration.toMillis("25 hours"))
        yield* clock.setWall(-47 * 3_600_000)
        assert.strictEqual((yield* order(limitBuy("0.0018", "50010")))._tag, "Sent")
      })
    )
  )

  it.effect("the volume in quote currency", () =>
    on({}, ({ order }) =>
      Effect.gen(function* () {
        const end = yield* order({ type: "buy", ordertype: "market", volume: "200", oflags: "viqc" })
        assert.deepInclude(end, { _tag: "LimitReached", limit: "max/order" })
        const within = yield* order({ type: "buy", ordertype: "market", volume: "90", oflags: "viqc" })
        assert.deepInclude(within, {
          _tag: "Sent",
          sentAs: { ordertype: "limit", price: "50510.1", timeinforce: "IOC", volume: "0.00178182" }
        })
      })
    )
  )

  it.effect("an iceberg that shows a part of its volume", () =>
    on({}, ({ order }) =>
      Effect.gen(function* () {
        const iceberg = { type: "buy", ordertype: "iceberg", price: "50000", volume: "0.003", displayvol: "0.001" }
        assert.deepInclude(yield* order(iceberg), { _tag: "LimitReached", limit: "max/order", asked: "150.6" })
      })
    )
  )

  it.effect("a close twice the size of its order", () =>
    on({}, ({ order }) =>
      Effect.gen(function* () {
        const close = { ordertype: "limit", price: "52000", volume: "0.004" }
        assert.strictEqual((yield* order({ ...limitBuy("0.002"), close }))._tag, "KrakenPrecheckFailed")
      })
    )
  )

  it.effect("an amendment upward after a partial fill", () =>
    on({}, ({ order, send }) =>
      Effect.gen(function* () {
        const placed = yield* order(limitBuy("0.0019", "49000"))
        const txid = idOf(placed)
        const up = yield* send("private/AmendOrder", { txid, order_qty: "0.0119" })
        assert.deepInclude(up, { _tag: "LimitReached" })
        const little = yield* send("private/AmendOrder", { txid, order_qty: "0.002" })
        assert.strictEqual(little._tag, "Sent")
      })
    )
  )

  it.effect("an amendment or a cancel of another caller's order", () =>
    on({}, ({ order, send }) =>
      Effect.gen(function* () {
        const placed = yield* order(limitBuy("1", "49000"), { principal: bearerOf("stranger0001") })
        const txid = idOf(placed)
        const amended = yield* send("private/AmendOrder", { txid, order_qty: "2" })
        assert.deepInclude(amended, { _tag: "NotAllowed", rule: "cancel" })
      })
    )
  )

  it.effect("a WebSocket token, an edit or a dead man's switch", () =>
    on({}, ({ send }) =>
      Effect.gen(function* () {
        assert.deepInclude(yield* send("private/GetWebSocketsToken", {}), { _tag: "NotAllowed", rule: "credential" })
        assert.deepInclude(yield* send("private/EditOrder", { txid: "O", pair: "XBTUSD" }), {
          _tag: "NotAllowed",
          rule: "edit_order"
        })
        assert.deepInclude(yield* send("private/CancelAllOrdersAfter", { timeout: 60 }), {
          _tag: "NotAllowed",
          rule: "cancel"
        })
      })
    )
  )

  it.effect("a withdrawal or a transfer", () =>
    on({}, ({ send }) =>
      Effect.gen(function* () {
        const writes = [
          ["private/Withdraw", { asset: "USD", key: "usd-bank-1", amount: "10" }],
          ["private/WalletTransfer", { asset: "USD", from: "Spot Wallet", to: "Futures Wallet", amount: "10" }],
          ["private/Earn/Allocate", { strategy_id: "S", amount: "1" }]
        ] as const
        for (const [endpoint, params] of writes)
          assert.deepInclude(yield* send(endpoint, params), { _tag: "NotAllowed", rule: "access" }, endpoint)
      })
    )
  )
})

describe("limits of the server", () => {
  it.effect("count what all tokens spend, with and without a mandate", () =>
    on({ serverMax: ["150USD/day"] }, ({ order }) =>
      Effect.gen(function* () {
        const stranger = { principal: bearerOf("stranger0001") }
        assert.strictEqual((yield* order(limitBuy("0.0019", "49000")))._tag, "Sent")
        const second = yield* order(limitBuy("0.0019", "49000"), stranger)
        assert.deepInclude(second, { _tag: "LimitReached", layer: "server", limit: "max/day", allowed: "150" })
        assert.strictEqual((yield* order(limitBuy("0.001", "49000"), stranger))._tag, "Sent")
      })
    )
  )
})

describe("an agent with limits can always", () => {
  it.effect("leave what it bought, when its day is used up and its mandate was narrowed", () =>
    on({ flags: { ...budget, max: ["100USD/order", "100USD/day"] } }, ({ folder, order }) =>
      Effect.gen(function* () {
        assert.strictEqual((yield* order(limitBuy("0.0019", "50010")))._tag, "Sent")
        const narrow = mandateOf({
          ...budget,
          max: ["100USD/order", "100USD/day"],
          pairs: ["ETH/USD"],
          sides: ["buy"],
          types: ["limit"]
        })
        yield* saveMandate(folder, narrow, { revision: 2 })
        const principal = agentOf(narrow, { revision: 2 })
        assert.deepInclude(yield* order(limitBuy("0.0001", "50010"), { principal }), { _tag: "NotAllowed" })
        const sold = yield* order({ type: "sell", ordertype: "market", volume: "0.0019" }, { principal })
        assert.strictEqual(sold._tag, "Sent")
      })
    )
  )

  it.effect("spend again what a cancelled order gave back, and not what it had filled", () =>
    on({ flags: { ...budget, max: ["400USD/order", "400USD/day"] } }, ({ order, send }) =>
      Effect.gen(function* () {
        const placed = yield* order(limitBuy("0.0078", "49000"))
        const txid = idOf(placed)
        assert.deepInclude(yield* order(limitBuy("0.0077", "48000")), { _tag: "LimitReached" })
        assert.strictEqual((yield* send("private/CancelOrder", { txid }))._tag, "Sent")
        yield* Effect.sleep("3 seconds")
        assert.strictEqual((yield* order(limitBuy("0.0077", "48000")))._tag, "Sent")
      })
    )
  )
})
