import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import * as D from "../../../src/domain/numbers/decimal.ts"
import { type Method, methods } from "../../../src/domain/portfolio/lots.ts"
import { gainOf } from "../../../src/domain/portfolio/needed.ts"
import { type Profit, profitOf, type Sums, type Terms } from "../../../src/domain/portfolio/profit.ts"
import { historyOf, readEntries } from "../../../src/domain/portfolio/ledger.ts"
import { directory } from "../../fixtures/krakenLists.ts"
import { runs } from "../../Property.ts"
import { type Coin, historyFrom, ledgerOf, type Move, moves, price, priceAt, wallets } from "./histories.ts"

const until = 100

const d = D.decimal

const profit = (history: ReturnType<typeof historyFrom>, more: Partial<Terms> = {}) =>
  profitOf(history, { currency: "USD", places: 4, method: "fifo", since: undefined, until, priceAt, ...more })

/** Computes the right side of the identity from printed sums, as a person with a list of them would. */
const sumUp = ({ deposits, realised, rewards, start, unrealised, withdrawals }: Sums): bigint =>
  [start, deposits, rewards, realised, unrealised].reduce((sum, part) => sum + units(part), 0n) - units(withdrawals)

/** Reads a number as ten-thousandths. */
const units = (value: D.Decimal): bigint => BigInt(D.toFixed(value, 4).replace(".", ""))

const printed = (sums: Sums) => Object.fromEntries(Object.entries(sums).map(([name, value]) => [name, D.format(value)]))

const anyTerms = fc.record({ method: fc.constantFrom(...methods), since: fc.option(fc.integer({ min: 1, max: 45 })) })

const withTerms = (given: { readonly method: Method; readonly since: number | null }) => ({
  method: given.method,
  since: given.since ?? undefined
})

describe("an account of profit", () => {
  it("adds up: the end is the start, what came and went, and what was gained, to the last digit", () => {
    fc.assert(
      fc.property(moves, anyTerms, (all, terms) => {
        const { missing, total } = profit(historyFrom(ledgerOf(all)), withTerms(terms))
        assert.deepStrictEqual(missing, [])
        assert.strictEqual(sumUp(total), units(total.end))
      }),
      { numRuns: runs(300) }
    )
  })

  it("adds up, or names what is missing, whatever a ledger holds", () => {
    const types = ["deposit", "withdrawal", "trade", "spend", "receive", "margin", "settled", "rollover", "staking"]
    const entry = fc.record({
      refid: fc.constantFrom("a", "b", "c", "d", "e", "f"),
      time: fc.integer({ min: 1, max: 6 }),
      type: fc.constantFrom(...types, "earn", "transfer", "adjustment", "of a later year"),
      subtype: fc.constantFrom("", "reward", "allocation", "spottostaking"),
      asset: fc.constantFrom("ZUSD", "XXBT", "XETH"),
      amount: fc.integer({ min: -5, max: 5 }).map(String),
      fee: fc.constantFrom("0", "0.1", "0", "-0.1")
    })
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 8 }), anyTerms, (entries, terms) => {
        const balances: Record<string, D.Decimal> = {}
        for (const { amount, asset, fee } of entries)
          balances[asset] = D.subtract(D.sum(balances[asset] ?? D.zero, d(amount)), d(fee))
        const rows = entries.map((row, i) => [String(i), row] as const)
        const history = historyOf(readEntries(rows.toReversed(), directory), balances, undefined, directory)
        const { missing, total } = profit(history, {
          ...withTerms(terms),
          since: terms.since === null ? undefined : terms.since % 7,
          priceAt: (asset, time) => d(String((asset === "BTC" ? 100 : 10) + Math.floor(time)))
        })
        // Amounts before the first entry are named by the reader of the ledger.
        if (missing.length > 0 || ![...history.opening.values()].every(D.isZero)) return
        assert.strictEqual(sumUp(total), units(total.end))
      }),
      { numRuns: runs(3000) }
    )
  })

  it("names the cost of what was withdrawn beyond all that came", () => {
    const rows = [
      ["1", { refid: "a", time: 5, type: "adjustment", asset: "XXBT", amount: "-3", fee: "0" }],
      ["2", { refid: "b", time: 7, type: "adjustment", asset: "XXBT", amount: "5", fee: "0" }]
    ] as const
    const history = historyOf(readEntries(rows.toReversed(), directory), { XXBT: d("2") }, undefined, directory)
    const facts = { fact: "cost", asset: "BTC", amount: d("3") } as const
    assert.deepStrictEqual(profit(history, { priceAt: () => d("100") }).missing, [{ ...facts, time: 5 }])
    assert.deepStrictEqual(profit(history, { since: 6, priceAt: () => d("100") }).missing, [{ ...facts, time: 6 }])
  })

  it("ends with the balances that the ledger adds up to, at the prices of the end", () => {
    fc.assert(
      fc.property(moves, anyTerms, (all, terms) => {
        const ledger = ledgerOf(all)
        const { assets, total } = profit(historyFrom(ledger), withTerms(terms))
        const held = new Map<string, bigint>()
        for (const [, { amount, asset, fee }] of ledger.rows) {
          const name = asset.replace(/\.B$/, "")
          held.set(name, (held.get(name) ?? 0n) + units(D.decimal(String(amount))) - units(D.decimal(String(fee))))
        }
        let value = 0n
        for (const [name, id] of Object.entries(wallets)) {
          const row = assets.find(({ asset }) => asset === name)
          assert.strictEqual(units(row?.endAmount ?? D.zero), held.get(id) ?? 0n, name)
          value += (held.get(id) ?? 0n) * price(name, until)
        }
        assert.strictEqual(units(total.end), value)
      }),
      { numRuns: runs(200) }
    )
  })

  it("is the same with its parts: two periods that meet are one whole", () => {
    fc.assert(
      fc.property(moves, fc.integer({ min: 2, max: 40 }), fc.constantFrom(...methods), (all, at, method) => {
        const history = historyFrom(ledgerOf(all))
        const whole = profit(history, { method, since: 0 }).total
        const first = profit(history, { method, since: 0, until: at }).total
        const second = profit(history, { method, since: at }).total
        assert.strictEqual(units(first.end), units(second.start))
        for (const name of ["deposits", "withdrawals", "rewards", "realised", "unrealised", "fees"] as const)
          assert.strictEqual(units(first[name]) + units(second[name]), units(whole[name]), name)
      }),
      { numRuns: runs(200) }
    )
  })

  it("realises what a queue or a stack of single coins would, each with its own price", () => {
    const trade = fc.record({
      do: fc.constantFrom("buy" as const, "sell" as const),
      coin: fc.constantFrom<Coin>("BTC", "SOL"),
      size: fc.integer({ min: 1, max: 8 }),
      fee: fc.constant(0),
      inBase: fc.constant(false)
    })
    fc.assert(
      fc.property(fc.array(trade, { maxLength: 30 }), fc.constantFrom("fifo", "lifo"), (all, method) => {
        const coins: Record<Coin, Array<bigint>> = { BTC: [], ETH: [], SOL: [] }
        let realised = 0n
        all.forEach(({ coin, do: side, size }, i) => {
          const now = price(coin, i + 2)
          if (side === "buy") coins[coin].push(...Array.from({ length: size }, () => now))
          else if (coins[coin].length >= size)
            for (let n = 0; n < size; n++)
              realised += now - (method === "fifo" ? coins[coin].shift() : coins[coin].pop())!
        })
        const { total } = profit(historyFrom(ledgerOf(all)), { method: method as Method })
        assert.strictEqual(units(total.realised), realised)
        const cost = (["BTC", "SOL"] as const).flatMap((coin) => coins[coin]).reduce((sum, each) => sum + each, 0n)
        const value = (["BTC", "SOL"] as const).reduce(
          (sum, coin) => sum + BigInt(coins[coin].length) * price(coin, until),
          0n
        )
        assert.strictEqual(units(total.unrealised), value - cost)
      }),
      { numRuns: runs(200) }
    )
  })

  it("realises the average of all coins with the method average", () => {
    const all: ReadonlyArray<Move> = [
      { do: "buy", coin: "SOL", size: 10_000, fee: 0, inBase: false },
      { do: "buy", coin: "SOL", size: 30_000, fee: 0, inBase: false },
      { do: "sell", coin: "SOL", size: 20_000, fee: 0, inBase: false }
    ]
    const [first, second, third] = [2, 3, 4].map((time) => Number(price("SOL", time)))
    const { total } = profit(historyFrom(ledgerOf(all)), { method: "average" })
    assert.strictEqual(Number(D.format(total.realised)), 2 * (third! - (first! + 3 * second!) / 4))
  })

  it("loses nothing of its total gain if the history begins late, and names what has no cost", () => {
    fc.assert(
      fc.property(moves, fc.integer({ min: 1, max: 30 }), (all, skip) => {
        // Without its first half, a withdrawal that came back looks like a deposit.
        const ledger = ledgerOf(all.filter((move) => move.do !== "return"))
        const history = historyFrom(ledger, Math.min(skip, ledger.rows.length))
        const part = profit(history)
        const whole = profit(historyFrom(ledger), { since: part.since })
        for (const name of ["start", "deposits", "withdrawals", "rewards", "fees", "end"] as const)
          assert.strictEqual(units(part.total[name]), units(whole.total[name]), name)
        for (const { asset, endAmount, withoutCost } of part.assets)
          if (asset !== "USD") assert.isTrue(D.lessThanOrEqualTo(withoutCost, endAmount), asset)
        const sold = part.missing.filter(({ fact }) => fact === "cost")
        if (sold.length === 0 && part.assets.every(({ withoutCost }) => D.isZero(withoutCost)))
          assert.strictEqual(sumUp(part.total), units(part.total.end))
      }),
      { numRuns: runs(200) }
    )
  })

  it("counts a purchase with its fee as cost, and a sale after its fee", () => {
    const all: ReadonlyArray<Move> = [
      { do: "buy", coin: "SOL", size: 10_000, fee: 100, inBase: false },
      { do: "sell", coin: "SOL", size: 5_000, fee: 50, inBase: false }
    ]
    const { assets, total } = profit(historyFrom(ledgerOf(all)), { priceAt: () => D.decimal("200") })
    const [bought, sold] = [price("SOL", 2), price("SOL", 3)].map(Number)
    // Of a whole coin at `bought` and 0.01 USD, half was sold at `sold` less 0.005 USD.
    assert.strictEqual(Number(D.format(total.realised)), (sold! - bought!) / 2 - 0.01)
    assert.strictEqual(D.format(total.fees), "0.015")
    assert.strictEqual(D.format(assets.find(({ asset }) => asset === "SOL")!.cost), String(bought! / 2 + 0.005))
  })

  it("names what has no price, and leaves it out", () => {
    const all: ReadonlyArray<Move> = [
      { do: "deposit", coin: "SOL", size: 10_000 },
      { do: "buy", coin: "BTC", size: 1000, fee: 0, inBase: false }
    ]
    const { missing, total }: Profit = profit(historyFrom(ledgerOf(all)), {
      priceAt: (asset, time) => (asset === "SOL" ? undefined : priceAt(asset, time))
    })
    assert.deepStrictEqual(missing, [
      { fact: "price", asset: "SOL", time: 2 },
      { fact: "price", asset: "SOL", time: until }
    ])
    assert.strictEqual(sumUp(total), units(total.end))
    assert.strictEqual(printed(total)["deposits"], "300000")
  })

  it("has no gain if an asset has a price at one time only, and one if it never has any", () => {
    const all: ReadonlyArray<Move> = [{ do: "deposit", coin: "SOL", size: 10_000 }]
    const gainIf = (isKnown: (time: number) => boolean) => {
      const gain = gainOf(
        profit(historyFrom(ledgerOf(all)), { priceAt: (_, time) => (isKnown(time) ? d("7") : undefined) })
      )
      return gain && D.format(gain)
    }
    assert.isUndefined(gainIf((time) => time === until))
    assert.strictEqual(
      gainIf(() => false),
      "0"
    )
    assert.strictEqual(
      gainIf(() => true),
      "0"
    )
  })

  it("carries the cost on where an exchange of two assets has no price, and names it", () => {
    const all: ReadonlyArray<Move> = [
      { do: "buy", coin: "BTC", size: 10_000, fee: 0, inBase: false },
      { do: "swap", coin: "BTC", to: "ETH", size: 10_000, fee: 0 }
    ]
    const { assets, missing, total } = profit(historyFrom(ledgerOf(all)), {
      priceAt: (asset, time) => (time === until ? priceAt(asset, time) : undefined)
    })
    assert.deepStrictEqual(missing, [{ fact: "price", asset: "BTC", time: 3 }])
    assert.strictEqual(D.format(total.realised), "0")
    assert.strictEqual(units(assets.find(({ asset }) => asset === "ETH")!.cost), 10_000n * price("BTC", 2))
  })
})
