import { assert, describe, expect, it } from "@effect/vitest"
import * as fc from "fast-check"
import { setImmediate } from "node:timers/promises"
import { handle, replay } from "../../src/exchange/commands/handle.ts"
import { blockLength } from "../../src/exchange/base/history.ts"
import { recordedMarket } from "../../src/exchange/markets/recorded/recordedMarket.ts"
import type { Exchange } from "../../src/exchange/state/state.ts"
import {
  leaveToArchives,
  restoreSnapshot,
  snapshotFormat,
  takeSnapshot
} from "../../src/exchange/state/stateSnapshot.ts"
import type { Request } from "../../src/exchange/wire/request.ts"
import { makeArchives } from "../doubles/TestArchives.ts"
import { runs } from "../Property.ts"
import { exchangeOf, runSequence, sequences } from "./callSequences.ts"
import { observations, observationsAt, observedExchange } from "./observations.ts"
import { snapshot } from "./snapshot.ts"

/** Makes an exchange again from the text of a snapshot. */
const restored = (exchange: Exchange): Exchange => {
  const { archives } = makeArchives()
  const market = exchange.market.recorder === undefined ? exchange.market : recordedMarket(exchange.market.name)
  return restoreSnapshot(takeSnapshot(exchange, []).text, market, archives).exchange
}

/** Replays a journal with a snapshot after each of some entries, from which an exchange of its own goes on. */
const replayWithSnapshots = (
  journal: ReadonlyArray<Request>,
  exchange: Exchange,
  now: number,
  after: ReadonlyArray<number>
) => {
  let current = exchange
  for (const [i, request] of journal.entries()) {
    replay(current, request)
    if (after.includes(i)) current = restored(current)
  }
  replay(current, { endpoint: "public/Time", now })
  return current
}

describe("a snapshot of an exchange", () => {
  const places = fc.array(fc.nat(26), { maxLength: 4 })

  it("leads to the state that the whole journal leads to", () => {
    const property = fc.asyncProperty(fc.nat(1000), sequences, places, (seed, sequence, after) => {
      const exchange = exchangeOf(seed)
      const journal = runSequence(exchange, sequence)
      const again = replayWithSnapshots(journal, exchangeOf(seed), exchange.now, after)
      assert.deepStrictEqual(snapshot(again), snapshot(exchange))
      return setImmediate()
    })
    return fc.assert(property, { numRuns: runs(100) })
  }, 120_000)

  it("holds what a recorded market has told", () => {
    const property = fc.asyncProperty(sequences, observations, places, (sequence, observed, after) => {
      const exchange = observedExchange()
      const journal = runSequence(exchange, sequence, undefined, observationsAt(observed))
      const again = replayWithSnapshots(journal, observedExchange(), exchange.now, after)
      assert.deepStrictEqual(snapshot(again), snapshot(exchange))
      return setImmediate()
    })
    return fc.assert(property, { numRuns: runs(70) })
  }, 120_000)

  it("has these fields, which a program with another `snapshotFormat` may change", () => {
    const exchange = exchangeOf(2)
    runSequence(exchange, fc.sample(sequences, { numRuns: 40, seed: 3 }).flat())
    const nodes: ReadonlyArray<unknown> = JSON.parse(takeSnapshot(exchange, []).text)
    const shapes = nodes.flatMap((node) =>
      Array.isArray(node) || Object.keys(Object(node)).includes("ZUSD")
        ? []
        : [Object.keys(Object(node)).toSorted().join(" ")]
    )
    const text = [`format ${snapshotFormat}`, ...[...new Set(shapes)].toSorted()].join("\n")
    return expect(`${text}\n`).toMatchFileSnapshot("../golden/state/snapshot-fields.txt")
  })

  it("refuses what has no text", () => {
    const exchange = exchangeOf(2)
    Object.assign(exchange, { status: new Date(0) })
    assert.throws(() => takeSnapshot(exchange, []), /Date has no text/)
  })
})

describe("an exchange whose history is in archives", () => {
  const steps = fc.sample(sequences, { numRuns: 120, seed: 7 }).flat()

  /** The same calls on an exchange with its history in memory, and on one that is made again from archives. */
  const both = () => {
    const whole = exchangeOf(4)
    const journal = runSequence(whole, steps)
    const kept = makeArchives()
    let archived = exchangeOf(4)
    let pairs: Parameters<typeof takeSnapshot>[1] = []
    for (const [i, request] of journal.entries()) {
      replay(archived, request)
      if (i % 50 !== 49) continue
      const { blocks, text } = takeSnapshot(archived, pairs)
      kept.add(blocks)
      // One process goes on, and another one starts.
      if (i % 100 === 99) leaveToArchives(archived, pairs, kept.archives)
      else ({ exchange: archived, pairs } = restoreSnapshot(text, archived.market, kept.archives))
    }
    replay(archived, { endpoint: "public/Time", now: whole.now })
    return { archived, kept, whole }
  }

  it("is the same exchange, and holds little of its history", () => {
    const { archived, kept, whole } = both()
    assert.isAbove(kept.blocks(), 20)
    assert.deepStrictEqual(snapshot(archived), snapshot(whole))
    for (const { closed, ledger, trades, volume } of archived.accounts.values())
      for (const history of [closed, ledger, trades, volume.entries])
        assert.isBelow(history.inMemory().items.length, blockLength * 3)
  })

  it("answers questions about its history as before, and reads few blocks for a page", () => {
    const { archived, kept, whole } = both()
    for (const exchange of [whole, archived])
      handle(exchange, { endpoint: "control/SystemStatus", params: { status: "online" }, now: whole.now })
    const [name] = [...whole.accounts.values()].map((account) => account.name)
    const account = [...whole.accounts.values()].find((one) => one.name === name)
    if (account === undefined) return assert.fail("no account")
    const trade = account.trades.at(5)
    const order = account.closed.at(3)
    const [begin, middle] = [account.ledger.at(0)?.time ?? 0, account.ledger.at(250)?.time ?? 0]
    const range = { start: Math.floor(begin / 1000) + 60, end: Math.floor(middle / 1000) }
    const questions: ReadonlyArray<readonly [endpoint: string, params: Record<string, unknown>]> = [
      ["ClosedOrders", {}],
      ["ClosedOrders", { ofs: 130, trades: true }],
      ["ClosedOrders", { userref: 1 }],
      ["ClosedOrders", { ...range, closetime: "open" }],
      ["ClosedOrders", { ...range, without_count: true }],
      ["ClosedOrders", { start: order?.txid }],
      ["QueryOrders", { txid: order?.txid, trades: true }],
      ["QueryOrders", { txid: "OAAAAA-AAAAA-AAAAAA" }],
      ["OrderAmends", { order_id: order?.txid }],
      ["TradesHistory", {}],
      ["TradesHistory", { ofs: 120, ledgers: true }],
      ["TradesHistory", { type: "any position" }],
      ["TradesHistory", { end: trade?.id }],
      ["QueryTrades", { txid: trade?.id }],
      ["Ledgers", {}],
      ["Ledgers", { asset: "XBT", ofs: 40 }],
      ["Ledgers", { type: "deposit" }],
      ["Ledgers", { aclass: "tokenized_asset" }],
      ["Ledgers", range],
      ["QueryLedgers", { id: account.ledger.at(7)?.id }],
      ["TradeVolume", { pair: "XBTUSD" }],
      ["BalanceEx", {}]
    ]
    for (const [endpoint, params] of questions) {
      const ask = (exchange: Exchange) =>
        handle(exchange, { endpoint: `private/${endpoint}`, params, account: account.name, now: whole.now })
      assert.deepStrictEqual(ask(archived), ask(whole), `${endpoint} ${JSON.stringify(params)}`)
    }
    const before = kept.reads()
    for (const endpoint of ["ClosedOrders", "TradesHistory", "Ledgers"])
      handle(archived, { endpoint: `private/${endpoint}`, params: {}, account: account.name, now: whole.now })
    assert.isAtMost(kept.reads() - before, 3)
  })

  it("exports its whole history", () => {
    const { archived, whole } = both()
    const end = whole.now
    const [account = ""] = [...whole.accounts.values()].map(({ name }) => name)
    const files = [whole, archived].map((exchange) => {
      const call = (endpoint: string, params: Record<string, unknown>, now: number) => {
        const answer = handle(exchange, { endpoint, params, account, now })
        return "errors" in answer ? assert.fail(answer.errors.join()) : answer.result
      }
      call("control/SystemStatus", { status: "online" }, end)
      const asked = { description: "all", starttm: 1, endtm: Math.floor(end / 1000) }
      const ids = ["trades", "ledgers"].map((report) => Object(call("private/AddExport", { ...asked, report }, end)).id)
      return ids.map((id) => call("private/RetrieveExport", { id }, end + 60_000))
    })
    assert.deepStrictEqual(files[1], files[0])
  })
})
