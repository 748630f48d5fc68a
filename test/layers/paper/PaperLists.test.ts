import { assert, describe, it } from "@effect/vitest"
import { Effect, TestClock } from "effect"
import { join } from "node:path"
import { isEndpoint } from "../../../src/domain/endpoints/endpoints.ts"
import { journalFormat } from "../../../src/exchange/commands/handle.ts"
import { openJournal } from "../../../src/layers/paper/journal.ts"
import { pairRow } from "../../exchange/listing.ts"
import { opening } from "../../doubles/TestMarket.ts"
import { asFine } from "../../asFine.ts"
import journal from "../../fixtures/dozenJournal.json" with { type: "json" }
import { asset } from "../../fixtures/krakenLists.ts"
import { temporaryFolder } from "../../temporaryFolder.ts"
import { account, kept, makeKraken, place, process, see, unwatched } from "../../doubles/LiveKraken.ts"
import { read, write } from "../../doubles/TestPaper.ts"

const assets = { USDC: asset("USDC", 8), ENA: asset("ENA", 5) }
const ena = pairRow("ENA/USDC", "ENA", "USDC", [4, 5])
const pairs = { ENAUSDC: ena, USDCUSD: pairRow("USDC/USD", "USDC", "ZUSD", [4, 8]) }

/** Makes a Kraken with two pairs that the built-in catalogue lacks, at 1000, with a spread of 10 each way. */
const larger = () => {
  const kraken = makeKraken([[0, "1000"]])
  kraken.list({ assets, pairs })
  return kraken
}

const begin = Effect.zipRight(TestClock.setTime(opening), temporaryFolder)
const lists = ({ state }: ReturnType<typeof makeKraken>) =>
  state.asked.filter((endpoint) => endpoint === "public/AssetPairs").length / 2

const usdc = { pair: "USDCUSD", type: "buy", ordertype: "market", volume: "2" }
const bid = { pair: "ENAUSDC", type: "buy", ordertype: "limit", volume: "1", price: "1.5" }

describe("paper accounts on all of Kraken's pairs", () => {
  it.scoped("trade what they have never heard of by Kraken's rules, and remember without Kraken", () =>
    Effect.gen(function* () {
      const folder = yield* begin
      const kraken = larger()
      const before = yield* Effect.gen(function* () {
        assert.deepInclude(yield* see(yield* place(usdc)), { status: "closed", cost: "2030.00000" })
        assert.deepInclude(yield* see(yield* place(bid)), { status: "open" })
        assert.deepInclude(yield* read("private/BalanceEx"), {
          USDC: { balance: "2.00000000", hold_trade: "1.50600000" }
        })
        assert.hasAllKeys(Object(yield* read("private/TradeVolume", { pair: "ENA/USDC" })).fees, ["ENA/USDC"])
        // Each list is recorded once, and requested once.
        const told = yield* kept(folder, "control/List")
        assert.deepStrictEqual(
          told.map(({ assets, pairs }) => [Object.keys(assets), Object.keys(pairs)]),
          [
            [["USDC"], ["USDCUSD"]],
            [["ENA"], ["ENAUSDC"]]
          ]
        )
        assert.strictEqual(lists(kraken), 1)
        return yield* account
      }).pipe(Effect.provide(process(folder, kraken)))
      kraken.state.down = true
      yield* Effect.gen(function* () {
        assert.deepStrictEqual(yield* account, before)
        assert.deepStrictEqual(yield* write("private/CancelAll"), { count: 1 })
      }).pipe(Effect.provide(process(folder, kraken)))
    })
  )

  it.scoped("follow Kraken's rules, which are asked for once an hour", () =>
    Effect.gen(function* () {
      const folder = yield* begin
      const kraken = larger()
      yield* Effect.gen(function* () {
        yield* place({ ...usdc, volume: "10" })
        const txid = yield* place({ ...bid, price: "1.0001" })
        kraken.list({ pairs: { ...pairs, ENAUSDC: { ...ena, tick_size: "0.0005", status: "limit_only" } } })
        yield* TestClock.adjust("59 minutes")
        yield* place({ ...bid, price: "1.0002" })
        yield* TestClock.adjust("2 minutes")
        const refused = (order: object) => Effect.map(Effect.flip(place(order)), ({ message }) => message)
        assert.include(yield* refused({ ...bid, price: "1.0002" }), "Tick size check failed")
        assert.include(yield* refused({ ...bid, ordertype: "market" }), "ordertype")
        assert.strictEqual((yield* see(txid)).status, "open")
        assert.strictEqual(lists(kraken), 2)

        // Whole cents apply once no order rests at another price.
        kraken.list({ pairs: { ENAUSDC: { ...ena, pair_decimals: 2, tick_size: "0.01" } } })
        yield* TestClock.adjust("61 minutes")
        yield* place({ ...bid, price: "1.0005" })
        yield* place({ ...bid, price: "1.001" })
        yield* write("private/CancelAll")
        assert.include(yield* refused({ ...bid, price: "1.0005" }), "Invalid price")
        assert.deepInclude((yield* see(yield* place(bid))).descr, { price: "1.50" })
        assert.deepInclude((yield* see(txid)).descr, { price: "1.0001" })
        // Only the status of each hour and the new decimals are recorded, not the pending change at each call.
        assert.lengthOf(yield* kept(folder, "control/List"), 5)
        const before = yield* account
        assert.deepStrictEqual(yield* Effect.provide(account, unwatched(folder, kraken)), before)
      }).pipe(Effect.provide(unwatched(folder, kraken)))
    })
  )

  it.scoped("look in new lists for a name that is in none, once a minute", () =>
    Effect.gen(function* () {
      const folder = yield* begin
      const kraken = makeKraken([[0, "1000"]])
      yield* Effect.gen(function* () {
        const unknown = Effect.map(Effect.flip(place(usdc)), ({ message }) => message)
        for (const _ of "abc") assert.include(yield* unknown, "Unknown asset pair")
        assert.strictEqual(lists(kraken), 1)
        kraken.list({ assets, pairs })
        yield* TestClock.adjust("61 seconds")
        yield* place(usdc)
        assert.strictEqual(lists(kraken), 2)
      }).pipe(Effect.provide(process(folder, kraken)))
    })
  )

  it.scoped("say what they can't trade, and why", () =>
    Effect.gen(function* () {
      const folder = yield* begin
      const kraken = larger()
      kraken.list({
        assets: { ODD: asset("ODD", 8) },
        pairs: { ENAODD: pairRow("ENA/ODD", "ENA", "ODD", [4, 5]) }
      })
      kraken.state.change = (endpoint, answer) =>
        endpoint === "public/AssetPairs" && "ENAUSDC" in Object(answer)
          ? { ...Object(answer), ENAUSDC: { ...ena, lot_decimals: null } }
          : answer
      yield* Effect.gen(function* () {
        const refused = (pair: string) => Effect.map(Effect.flip(place({ ...bid, pair })), ({ message }) => message)
        assert.match(yield* refused("ENAUSDC"), /ENAUSDC .*lot_decimals/)
        assert.match(yield* refused("ENAODD"), /ENA\/ODD .*ODD .*dollars/)
        const methods = yield* Effect.flip(read("private/DepositMethods", { asset: "ENA" }))
        assert.include(methods.message, "No funding method")
      }).pipe(Effect.provide(process(folder, kraken)))
    })
  )

  it.scoped("do what needs no lists while Kraken is away, and don't deny what they can't know", () =>
    Effect.gen(function* () {
      const folder = yield* begin
      const kraken = larger()
      kraken.state.down = true
      yield* Effect.gen(function* () {
        assert.deepStrictEqual(yield* read("private/Balance"), { ZUSD: "100000.0000" })
        assert.hasAllKeys(Object(yield* read("private/TradeVolume", { pair: "XBTUSD" })).fees, ["XXBTZUSD"])
        const error = yield* Effect.flip(place(usdc))
        assert.strictEqual(error._tag, "KrakenUnavailable")
        assert.include(error.message, "connection refused")
        kraken.state.down = false
        yield* TestClock.adjust("31 seconds")
        yield* place(usdc)
      }).pipe(Effect.provide(process(folder, kraken)))
    })
  )

  it.scoped("go on from a journal that was written when there were twelve pairs", () =>
    Effect.gen(function* () {
      const folder = yield* begin
      const id = { account: "local", market: "live" }
      yield* Effect.scoped(
        Effect.map(openJournal(join(folder, "paper.db")), (it) => {
          it.begin(id, journalFormat)
          for (const entry of journal.entries) it.append(id, entry)
        })
      )
      yield* TestClock.setTime((journal.entries.at(-1)?.at ?? 0) + 300_000)
      const kraken = makeKraken([[0, "50100"]])
      kraken.list({ assets, pairs })
      yield* Effect.gen(function* () {
        for (const [name, answer] of Object.entries(journal.answers)) {
          const params = name === "TradeVolume" ? { pair: "XBTUSD,ETHXBT" } : {}
          const endpoint = `private/${name}`
          assert.isTrue(isEndpoint(endpoint), name)
          if (!isEndpoint(endpoint)) continue
          assert.deepStrictEqual(asFine(yield* read(endpoint, params), answer), answer, name)
        }
        yield* place({ ...usdc, volume: "1" })
        assert.deepInclude(yield* read("private/Balance"), { USDC: "1.00000000" })
      }).pipe(Effect.provide(process(folder, kraken)))
      const restarted = yield* Effect.provide(account, process(folder, kraken))
      assert.deepInclude(Object(restarted[0]), { USDC: { balance: "1.00000000", hold_trade: "0.00000000" } })
    })
  )
})
