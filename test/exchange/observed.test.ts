// oxlint-disable vitest/expect-expect -- the assertions are in invariants.ts
import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { setImmediate } from "node:timers/promises"
import { fixed } from "../../src/exchange/base/fixed.ts"
import { handle } from "../../src/exchange/commands/handle.ts"
import type { Request } from "../../src/exchange/wire/request.ts"
import { snapshotDelta } from "../../src/exchange/commands/marketSnapshot/snapshotDelta.ts"
import { snapshot } from "./snapshot.ts"
import type { Exchange } from "../../src/exchange/state/state.ts"
import { runs } from "../Property.ts"
import {
  assertBalancesCoverHolds,
  assertFillsAddUp,
  assertPriorityKept,
  assertValueConserved,
  assertNotCrossed,
  queues,
  hasCounterparty,
  assertSorted
} from "./invariants.ts"
import {
  type Book,
  observedExchange,
  makeObserver,
  type Observation,
  observations,
  observationsAt
} from "./observations.ts"
import { runSequence, replayJournal, type Step, sequences } from "./callSequences.ts"

const timeout = 600_000

describe("a recorded market while trading is halted", () => {
  it("fills nothing, neither by its book nor by its trades, until trading resumes", () => {
    const exchange = observedExchange()
    const observe = makeObserver()
    const call = (endpoint: string, params: object) =>
      handle(exchange, { endpoint, params: { ...params }, now, account: "ann" })
    let now = exchange.now
    const show = (move: number, away: number) => {
      now += 1000
      const observation = { move, sizes: ["1"], changed: true, again: "no" } as const
      call("control/Observe", observe({ ...observation, trades: [{ away, volume: "5", ago: 100 }] }, now))
    }
    call("control/OpenAccount", { name: "ann", balances: { USD: "100000", XBT: "1" } })
    show(0, 0)
    const buy = { pair: "XBTUSD", type: "buy", ordertype: "limit", volume: "0.1", price: "49990" }
    call("private/AddOrder", buy)
    call("private/AddOrder", { ...buy, type: "sell", ordertype: "stop-loss", price: "49980" })
    call("control/SystemStatus", { status: "cancel_only" })
    show(-20, 0)
    const orders = [...exchange.orders.values()]
    assert.deepStrictEqual(
      orders.map(({ status }) => status),
      ["open", "open"]
    )
    call("control/SystemStatus", { status: "online" })
    assert.deepStrictEqual(
      orders.map(({ status }) => status),
      ["closed", "closed"]
    )
  })
})

describe("random orders on a recorded market", () => {
  it("are executed and triggered in large numbers", () => {
    const sample = fc.sample(fc.tuple(sequences, observations), { numRuns: 150, seed: 1 })
    const orders = sample.flatMap(([sequence, observed]) => {
      const exchange = observedExchange()
      runSequence(exchange, sequence, undefined, observationsAt(observed))
      return [...exchange.orders.values()].map((order) => ({
        order,
        trades: exchange.accounts.get(order.account)!.trades
      }))
    })
    const made = orders.filter(({ order, trades }) => order.trades.some((id) => trades.get(id)!.maker))
    assert.isAbove(orders.length, 500)
    assert.isAbove(made.length, 100)
    assert.isAbove(orders.filter(({ order }) => order.triggered).length, 20)
  })

  it(
    "conserve value, cover holds, cross no book and keep price-time priority",
    () => {
      const property = anyObservedSequence((sequence, observed) => {
        const exchange = observedExchange()
        const before = () => {
          const waiting = queues(exchange)
          return () => {
            assertValueConserved(exchange)
            assertBalancesCoverHolds(exchange)
            assertNotCrossed(exchange)
            assertSorted(exchange)
            assertPriorityKept(exchange, waiting, exchange.now)
          }
        }
        const prompt = observed.map(
          (observation) =>
            observation && { ...observation, trades: observation.trades.map((trade) => ({ ...trade, ago: 0 })) }
        )
        runSequence(exchange, sequence, { before }, observationsAt(prompt))
        assertFillsAddUp(exchange)
      })
      return fc.assert(property, { numRuns: runs(250) })
    },
    timeout
  )

  it(
    "get no better price than the book had as takers, and their own price as makers",
    () => {
      const property = anyObservedSequence((sequence, observed) => {
        const exchange = observedExchange()
        let book: Book | undefined
        const see = observationsAt(observed)
        const before = () => {
          const counts = new Map([...exchange.accounts.values()].map((account) => [account, account.trades.length]))
          const limits = new Map([...exchange.orders.values()].map((order) => [order.txid, order.limit]))
          return () => {
            for (const account of exchange.accounts.values()) {
              for (const trade of account.trades.slice(counts.get(account) ?? 0)) {
                // An amended order can trade, trigger a stop by that, and match it at the new limit.
                const { limit } = exchange.orders.get(trade.order)!
                if (trade.maker) assert.include([limits.get(trade.order) ?? limit, limit], trade.price)
                else if (!hasCounterparty(exchange, trade))
                  assert.isTrue(shows(book!, trade), `${trade.id} at ${trade.price}`)
              }
            }
          }
        }
        runSequence(exchange, sequence, { before }, (i, now) => {
          // Events that are due before this observation meet the book before it.
          handle(exchange, { endpoint: "public/Time", now })
          const observation = see(i, now)
          book = observation ?? book
          return observation
        })
      })
      return fc.assert(property, { numRuns: runs(100) })
    },
    timeout
  )

  it(
    "lead to the same state when their journal is replayed, whole or without snapshots that change nothing",
    () => {
      const property = anyObservedSequence((sequence, observed) => {
        const [x, filtered] = [observedExchange(), observedExchange()]
        const journal = runSequence(x, sequence, undefined, observationsAt(observed))
        assert.deepStrictEqual(snapshot(replayJournal(journal, observedExchange(), x.now)), snapshot(x))
        const kept = journal.flatMap((request) => {
          const trimmed = trim(filtered, request)
          if (trimmed !== undefined) handle(filtered, trimmed)
          return trimmed ?? []
        })
        handle(filtered, { endpoint: "public/Time", now: x.now })
        assert.deepStrictEqual(snapshot(filtered), snapshot(replayJournal(kept, observedExchange(), filtered.now)))
        assert.deepStrictEqual(snapshot(filtered), snapshot(x))
      })
      return fc.assert(property, { numRuns: runs(250) })
    },
    timeout
  )

  it(
    "are not changed by snapshots that reach no awaited price",
    () => {
      const property = anyObservedSequence((sequence, observed) => {
        const [x, other] = [observedExchange(), observedExchange()]
        const journal = runSequence(x, sequence, undefined, observationsAt(observed))
        for (const request of journal) {
          handle(other, { endpoint: "public/Time", now: request.now })
          const matters =
            request.endpoint !== "control/Observe" ||
            snapshotDelta(other, request.params!, request.now)?.matters !== false
          const before = snapshot(other)
          handle(other, request)
          if (!matters) assert.deepStrictEqual(orders(snapshot(other)), orders(before))
        }
      })
      return fc.assert(property, { numRuns: runs(100) })
    },
    timeout
  )
})

/**
 * Makes a property of any sequence on any walk of the market. Yields afterwards, so that the test runner can report.
 */
const anyObservedSequence = (
  check: (sequence: ReadonlyArray<Step>, observed: ReadonlyArray<Observation | undefined>) => void
) =>
  fc.asyncProperty(sequences, observations, (sequence, observed) => {
    check(sequence, observed)
    return setImmediate()
  })

const trim = (exchange: Exchange, request: Request): Request | undefined => {
  if (request.endpoint !== "control/Observe") return request
  const news = snapshotDelta(exchange, request.params!, request.now)
  return news && { ...request, params: news.params }
}

const shows = (book: Book, { price, side }: { readonly price: bigint; readonly side: "buy" | "sell" }) => {
  const best = (side === "buy" ? book.asks : book.bids)[0]
  const shown = fixed(String(best?.[0]), 1)
  return side === "buy" ? price >= shown : price <= shown
}

// oxlint-disable-next-line typescript/no-explicit-any -- plain JSON, as a journal's reader would see it
const orders = (state: any) => [state.orders, state.accounts]
