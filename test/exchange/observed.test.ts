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
  balancesCover,
  fillsAddUp,
  inPriority,
  nothingAppears,
  notCrossed,
  places,
  settledFor,
  sorted
} from "./invariants.ts"
import { type Book, lookout, observer, type Sight, sights } from "./observations.ts"
import { live, relive, type Step, streams } from "./callSequences.ts"

const patience = 600_000

describe("a market that is looked at while nothing can be traded", () => {
  it("fills nothing, neither by its book nor by its trades, until trading begins again", () => {
    const exchange = lookout()
    const look = observer()
    const call = (endpoint: string, params: object) =>
      handle(exchange, { endpoint, params: { ...params }, now, account: "ann" })
    let now = exchange.now
    const show = (move: number, away: number) => {
      now += 1000
      const sight = { move, sizes: ["1"], changed: true, again: "no" } as const
      call("control/Observe", look({ ...sight, trades: [{ away, volume: "5", ago: 100 }] }, now))
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

describe("whatever traders do on a market that is looked at", () => {
  it("(and the market does a lot to them)", () => {
    const sample = fc.sample(fc.tuple(streams, sights), { numRuns: 150, seed: 1 })
    const orders = sample.flatMap(([stream, looks]) => {
      const exchange = lookout()
      live(exchange, stream, undefined, seen(looks))
      return [...exchange.orders.values()].map((order) => ({
        order,
        trades: exchange.accounts.get(order.account)!.tradesById
      }))
    })
    const made = orders.filter(({ order, trades }) => order.trades.some((id) => trades.get(id)!.maker))
    assert.isAbove(orders.length, 500)
    assert.isAbove(made.length, 100)
    assert.isAbove(orders.filter(({ order }) => order.triggered).length, 20)
  })

  it(
    "the promises hold: no value appears, balances cover, books are not crossed, the line is kept",
    () => {
      const property = watched((stream, looks) => {
        const exchange = lookout()
        const before = () => {
          const waiting = places(exchange)
          return () => {
            nothingAppears(exchange)
            balancesCover(exchange)
            notCrossed(exchange)
            sorted(exchange)
            inPriority(exchange, waiting, exchange.now)
          }
        }
        const prompt = looks.map(
          (look) => look && { ...look, trades: look.trades.map((trade) => ({ ...trade, ago: 0 })) }
        )
        live(exchange, stream, { before }, seen(prompt))
        fillsAddUp(exchange)
      })
      return fc.assert(property, { numRuns: runs(700) })
    },
    patience
  )

  it(
    "nobody gets a better price than the book showed, and who waits gets their own",
    () => {
      const property = watched((stream, looks) => {
        const exchange = lookout()
        let book: Book | undefined
        const see = seen(looks)
        const before = () => {
          const counts = new Map([...exchange.accounts.values()].map((account) => [account, account.trades.length]))
          const limits = new Map([...exchange.orders.values()].map((order) => [order.txid, order.limit]))
          return () => {
            for (const account of exchange.accounts.values()) {
              for (const trade of account.trades.slice(counts.get(account))) {
                // An amended order can trade, trigger a stop by that, and match it at the new limit.
                const { limit } = exchange.orders.get(trade.order)!
                if (trade.maker) assert.include([limits.get(trade.order) ?? limit, limit], trade.price)
                else if (!settledFor(exchange, trade))
                  assert.isTrue(shows(book!, trade), `${trade.id} at ${trade.price}`)
              }
            }
          }
        }
        live(exchange, stream, { before }, (i, now) => {
          // Events that are due before this observation meet the book before it.
          handle(exchange, { endpoint: "public/Time", now })
          const sight = see(i, now)
          book = sight ?? book
          return sight
        })
      })
      return fc.assert(property, { numRuns: runs(300) })
    },
    patience
  )

  it(
    "a journal leads to the same state, and so does one that keeps only the news",
    () => {
      const property = watched((stream, looks) => {
        const [x, frugal] = [lookout(), lookout()]
        const journal = live(x, stream, undefined, seen(looks))
        assert.deepStrictEqual(snapshot(relive(journal, lookout(), x.now)), snapshot(x))
        const kept = journal.flatMap((request) => {
          const trimmed = trim(frugal, request)
          if (trimmed !== undefined) handle(frugal, trimmed)
          return trimmed ?? []
        })
        handle(frugal, { endpoint: "public/Time", now: x.now })
        assert.deepStrictEqual(snapshot(frugal), snapshot(relive(kept, lookout(), frugal.now)))
        assert.deepStrictEqual(snapshot(frugal), snapshot(x))
      })
      return fc.assert(property, { numRuns: runs(700) })
    },
    patience
  )

  it(
    "what does not matter to any order need not be told",
    () => {
      const property = watched((stream, looks) => {
        const [x, deaf] = [lookout(), lookout()]
        const journal = live(x, stream, undefined, seen(looks))
        for (const request of journal) {
          handle(deaf, { endpoint: "public/Time", now: request.now })
          const matters =
            request.endpoint !== "control/Observe" ||
            snapshotDelta(deaf, request.params!, request.now)?.matters !== false
          const before = snapshot(deaf)
          handle(deaf, request)
          if (!matters) assert.deepStrictEqual(orders(snapshot(deaf)), orders(before))
        }
      })
      return fc.assert(property, { numRuns: runs(300) })
    },
    patience
  )
})

/**
 * Makes a property of any sequence on any walk of the market. Yields afterwards, so that the test runner can report.
 */
const watched = (check: (stream: ReadonlyArray<Step>, looks: ReadonlyArray<Sight | undefined>) => void) =>
  fc.asyncProperty(streams, sights, (stream, looks) => {
    check(stream, looks)
    return setImmediate()
  })

const seen = (looks: ReadonlyArray<Sight | undefined>) => {
  const observe = observer()
  return (step: number, now: number): Book | undefined => {
    const look = looks[step]
    return look && observe(look, now)
  }
}

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
