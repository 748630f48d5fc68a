import { assert, describe, it } from "@effect/vitest"
import { Effect, TestClock } from "effect"
import { opening } from "../../doubles/TestMarket.ts"
import { temporaryFolder } from "../../temporaryFolder.ts"
import { account, kept, makeKraken, place, process, see } from "../../doubles/LiveKraken.ts"
import { read, write } from "../../doubles/TestPaper.ts"

const bid = { pair: "XBTUSD", type: "buy", ordertype: "limit", volume: "0.5", price: "49995" }

const begin = Effect.zipRight(TestClock.setTime(opening), temporaryFolder)

describe("paper accounts on a live market", () => {
  it.scoped("take from the book of now, and stand in line until the market comes to them", () =>
    Effect.gen(function* () {
      const folder = yield* begin
      const kraken = makeKraken([
        [0, "50000"],
        [10, "49900"]
      ])
      const before = yield* Effect.gen(function* () {
        assert.deepInclude(yield* see(yield* place({ ...bid, ordertype: "market", volume: "1.5" })), {
          status: "closed",
          cost: "75020.00000"
        })
        const txid = yield* place({ ...bid, volume: "0.4" })
        yield* TestClock.adjust("9 seconds")
        assert.strictEqual((yield* see(txid)).status, "open")
        // One observation filled both orders; later ones were not journalled.
        assert.strictEqual((yield* kept(folder, "control/Observe")).length, 1)
        yield* TestClock.adjust("3 seconds")
        assert.deepInclude(yield* see(txid), { status: "closed", price: "49995.00000", closetm: opening / 1000 + 12 })
        assert.strictEqual((yield* kept(folder, "control/Observe")).length, 2)
        // No order is open, so the market is no longer polled.
        const { calls } = kraken.state
        yield* TestClock.adjust("10 minutes")
        assert.strictEqual(kraken.state.calls, calls)
        return yield* account
      }).pipe(Effect.provide(process(folder, kraken)))
      kraken.state.down = true
      assert.deepStrictEqual(yield* Effect.provide(account, process(folder, kraken)), before)
    })
  )

  it.scoped("are watched from the start of a process, before anybody asks for them", () =>
    Effect.gen(function* () {
      const folder = yield* begin
      const kraken = makeKraken([
        [0, "50000"],
        [60, "49900"]
      ])
      const txid = yield* Effect.provide(place(bid), process(folder, kraken))
      yield* TestClock.adjust("2 minutes")
      yield* Effect.gen(function* () {
        yield* TestClock.adjust("1 second")
        assert.strictEqual((yield* kept(folder, "control/Observe")).length, 2)
        assert.deepInclude(yield* see(txid), { status: "closed", price: "49995.00000" })
      }).pipe(Effect.provide(process(folder, kraken)))
    })
  )

  it.scoped("refuse to trade while Kraken does not answer, and continue when it does", () =>
    Effect.gen(function* () {
      const folder = yield* begin
      const kraken = makeKraken([
        [0, "50000"],
        [10, "49900"]
      ])
      yield* Effect.gen(function* () {
        const txid = yield* place(bid)
        kraken.state.down = true
        yield* TestClock.adjust("2 seconds")
        for (const call of [place(bid), read("private/TradeBalance")]) {
          const error = yield* Effect.flip(call)
          assert.strictEqual(error._tag, "KrakenUnavailable")
          assert.include(error.message, "connection refused")
        }
        yield* TestClock.adjust("20 seconds")
        assert.deepStrictEqual(Object.keys(Object((yield* account)[2]).open), [txid])
        kraken.state.down = false
        yield* TestClock.adjust("3 seconds")
        assert.strictEqual((yield* see(txid)).status, "closed")
        assert.deepInclude(yield* read("private/TradeBalance", { asset: "USD" }), { n: "0.0000" })
      }).pipe(Effect.provide(process(folder, kraken)))
    })
  )

  it.scoped("let go of orders although Kraken is away", () =>
    Effect.gen(function* () {
      const folder = yield* begin
      const kraken = makeKraken([[0, "50000"]])
      yield* Effect.gen(function* () {
        const txid = yield* place(bid)
        kraken.state.down = true
        yield* TestClock.adjust("2 seconds")
        assert.deepStrictEqual(yield* write("private/CancelAll"), { count: 1 })
        assert.deepInclude(yield* see(txid), { status: "canceled" })
      }).pipe(Effect.provide(process(folder, kraken)))
    })
  )
})
