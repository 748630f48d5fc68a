import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { applyToBook, comparePrices } from "../../../src/domain/live/book.ts"
import { checksumOf } from "../../../src/domain/live/checksum.ts"
import { readMessage } from "../../../src/domain/live/messages.ts"
import type { Book, Level } from "../../../src/domain/live/values.ts"

/** Kraken's own example. @see https://docs.kraken.com/exchange/guides/websockets/book-checksum-v2 read 2026-11-29 */
const example = `{"channel":"book","type":"snapshot","data":[{"symbol":"BTC/USD","bids":[{"price":45283.5,"qty":0.10000000},{"price":45283.4,"qty":1.54582015},{"price":45282.1,"qty":0.10000000},{"price":45281.0,"qty":0.10000000},{"price":45280.3,"qty":1.54592586},{"price":45279.0,"qty":0.07990000},{"price":45277.6,"qty":0.03310103},{"price":45277.5,"qty":0.30000000},{"price":45277.3,"qty":1.54602737},{"price":45276.6,"qty":0.15445238}],"asks":[{"price":45285.2,"qty":0.00100000},{"price":45286.4,"qty":1.54571953},{"price":45286.6,"qty":1.54571109},{"price":45289.6,"qty":1.54560911},{"price":45290.2,"qty":0.15890660},{"price":45291.8,"qty":1.54553491},{"price":45294.7,"qty":0.04454749},{"price":45296.1,"qty":0.35380000},{"price":45297.5,"qty":0.09945542},{"price":45299.5,"qty":0.18772827}],"checksum":3310070434}]}`

const rowOf = (text: string) => {
  const message = readMessage(text)
  assert(message._tag === "Data" && message.rows[0] !== undefined)
  return message.rows[0]
}

describe("a live book", () => {
  it("of Kraken's example has Kraken's checksum", () => {
    const book = applyToBook(undefined, true, rowOf(example), 10)
    assert(typeof book === "object")
    assert.deepStrictEqual(book.asks[0], { price: "45285.2", quantity: "0.00100000" })
    assert.strictEqual(checksumOf(book), 3310070434)
  })

  it("leaves out an update before its snapshot", () => {
    assert.isUndefined(applyToBook(undefined, false, rowOf(example), 10))
  })

  it.each([
    ["another checksum", example.replace("3310070434", "1"), "checksum"],
    ["another quantity", example.replace("0.35380000", "0.35380001"), "checksum"],
    ["no checksum", example.replace(',"checksum":3310070434', ""), "unreadable"],
    ["a negative price", example.replace("45283.5", "-45283.5"), "unreadable"],
    ["a level that is text", example.replace('{"price":45283.5,"qty":0.10000000}', '"x"'), "unreadable"],
    ["a number of a thousand digits", example.replace("0.35380000", "1".repeat(1000)), "unreadable"]
  ])("finds %s", (_, text, fault) => {
    assert.strictEqual<unknown>(applyToBook(undefined, true, rowOf(text), 10), fault)
  })

  it("compares prices as numbers", () => {
    fc.assert(
      fc.property(fc.nat(99999), fc.nat(99999), (a, b) => {
        const [left, right] = [(a / 100).toFixed(2), (b / 100).toFixed(4)]
        assert.strictEqual(Math.sign(comparePrices(left, right)), Math.sign(a - b))
      })
    )
  })

  it("equals the exchange's at every checksum, with messages that are lost, repeated or late", () => {
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 60 }), (changes) => {
        const exchange = makeExchange(10)
        const late: Array<string> = []
        let book: Book | undefined
        const receive = (text: string): boolean => {
          const message = readMessage(text)
          assert(message._tag === "Data")
          const after = applyToBook(book, message.isSnapshot, message.rows[0] ?? {}, 10)
          const isBroken = typeof after === "string"
          book = isBroken ? undefined : after
          return !isBroken
        }
        for (const { fault, ...level } of changes) {
          const text = exchange.change(level)
          const isInOrder = fault === "none" || fault === "repeated"
          if (fault === "late") late.push(text)
          else if (fault !== "lost") receive(text)
          if (fault === "repeated") receive(text)
          const overdue = isInOrder ? late.pop() : undefined
          if (overdue !== undefined) receive(overdue)
          // A client subscribes again once its book is broken, and the exchange sends a snapshot.
          book ??= (receive(exchange.snapshot()), book)
          if (fault === "none" && overdue === undefined) assert.deepStrictEqual(book, exchange.book())
        }
      }),
      { numRuns: 500 }
    )
  })
})

const change = fc.record({
  side: fc.constantFrom("bids" as const, "asks" as const),
  price: fc.nat(40),
  quantity: fc.nat(3),
  fault: fc.constantFrom("none", "none", "none", "lost", "repeated", "late")
})

/** Makes an exchange with one book, which it sends to the depth of its subscriber. */
const makeExchange = (depth: number) => {
  const all = { bids: new Map<number, number>(), asks: new Map<number, number>() }
  const side = (name: "bids" | "asks"): Array<Level> =>
    [...all[name]]
      .toSorted(([a], [b]) => (name === "asks" ? a - b : b - a))
      .slice(0, depth)
      .map(([price, quantity]) => ({ price: (price / 10).toFixed(1), quantity: `0.0000000${quantity}` }))
  const book = (): Book => ({ bids: side("bids"), asks: side("asks") })
  const text = (levels: ReadonlyArray<Level>) =>
    `[${levels.map(({ price, quantity }) => `{"price":${price},"qty":${quantity}}`).join()}]`
  const message = (type: string, { asks, bids }: Book) =>
    `{"channel":"book","type":"${type}","data":[{"symbol":"BTC/USD","bids":${text(bids)},"asks":${text(asks)},"checksum":${checksumOf(book())}}]}`
  const changed = (before: ReadonlyArray<Level>, after: ReadonlyArray<Level>): ReadonlyArray<Level> => [
    ...before
      // A level that others push out of the depth is not told.
      .filter(({ price }) => after.length < depth && !after.some((level) => level.price === price))
      .map(({ price }) => ({ price, quantity: "0.00000000" })),
    ...after.filter((level) => !before.some((old) => old.price === level.price && old.quantity === level.quantity))
  ]
  return {
    book,
    snapshot: () => message("snapshot", book()),
    change: (level: { readonly side: "bids" | "asks"; readonly price: number; readonly quantity: number }) => {
      const before = book()
      const price = level.price + (level.side === "asks" ? 100 : 10)
      if (level.quantity === 0) all[level.side].delete(price)
      else all[level.side].set(price, level.quantity)
      const after = book()
      return message("update", { bids: changed(before.bids, after.bids), asks: changed(before.asks, after.asks) })
    }
  }
}
