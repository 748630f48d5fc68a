import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { crc32 } from "node:zlib"
import { applyToBook } from "../../../src/domain/live/book.ts"
import { readMessage } from "../../../src/domain/live/messages.ts"
import type { Book } from "../../../src/domain/live/values.ts"
import { runs } from "../../Property.ts"

/** Levels of each side that are subscribed to. */
const depth = 10

/** A change of the exchange's book: a side, a price in ticks, a quantity that is 0 when the level goes, and its message's fate. */
interface Step {
  readonly side: "bids" | "asks"
  readonly tick: number
  readonly quantity: number
  readonly fate: "pass" | "drop" | "twice" | "late"
}

const step: fc.Arbitrary<Step> = fc.record({
  side: fc.constantFrom("bids" as const, "asks" as const),
  tick: fc.nat(25),
  quantity: fc.oneof(
    { weight: 1, arbitrary: fc.constant(0) },
    { weight: 3, arbitrary: fc.integer({ min: 1, max: 99 }) }
  ),
  fate: fc.oneof(
    { weight: 8, arbitrary: fc.constant("pass" as const) },
    { weight: 1, arbitrary: fc.constantFrom("drop" as const, "twice" as const, "late" as const) }
  )
})

type Sides = { readonly [side in Step["side"]]: Map<number, number> }

/** The best levels of the exchange's own book, as texts. */
const bestOf = ({ asks, bids }: Sides): Book => {
  const levels = (side: Map<number, number>, sign: 1 | -1, base: number) =>
    [...side]
      .toSorted(([a], [b]) => sign * (a - b))
      .slice(0, depth)
      .map(([tick, quantity]) => ({ price: priceText(base + tick), quantity: quantityText(quantity) }))
  return { bids: levels(bids, -1, 1000), asks: levels(asks, 1, 1030) }
}

const priceText = (tick: number) => `${Math.floor(tick / 10)}.${tick % 10}`
const quantityText = (hundredths: number) => (hundredths / 100).toFixed(8)

/** Computes Kraken's checksum by another implementation than the client's. */
const checksumOf = ({ asks, bids }: Book): number => {
  const digits = (text: string) => text.replace(".", "").replace(/^0+/, "")
  return crc32([...asks, ...bids].map(({ price, quantity }) => digits(price) + digits(quantity)).join(""))
}

const levelsText = (levels: Book["bids"]) =>
  `[${levels.map(({ price, quantity }) => `{"price":${price},"qty":${quantity}}`).join(",")}]`

const messageOf = (type: string, { asks, bids }: Book, whole: Book) =>
  `{"channel":"book","type":"${type}","data":[{"symbol":"BTC/USD","bids":${levelsText(bids)},"asks":${levelsText(asks)},` +
  `"checksum":${checksumOf(whole)}}]}`

describe("a book that is kept by messages of which some are lost, doubled or late", () => {
  it("equals the exchange's own after each message whose checksum matches, and is asked for again after any other", () => {
    let matched = 0
    let restarted = 0
    fc.assert(
      fc.property(fc.array(step, { minLength: 10, maxLength: 60 }), (steps) => {
        const own: Sides = { bids: new Map(), asks: new Map() }
        for (let tick = 0; tick < 12; tick++) {
          own.bids.set(tick, 100)
          own.asks.set(tick, 100)
        }
        let book: Book | undefined
        const receive = (text: string): void => {
          const message = readMessage(text)
          if (message._tag !== "Data") return assert.fail("unreadable")
          for (const row of message.rows) {
            const after = applyToBook(book, message.isSnapshot, row, depth)
            if (after === undefined) continue
            if (typeof after === "string") {
              restarted++
              book = undefined
              // Kraken answers a new subscription with a snapshot of now.
              return receive(snapshot())
            }
            book = after
            // A message about an older book can match only if that part of the book is as it was.
            if (row["checksum"] === String(checksumOf(bestOf(own)))) {
              matched++
              assert.deepStrictEqual(book, bestOf(own))
            }
          }
        }
        const snapshot = () => messageOf("snapshot", bestOf(own), bestOf(own))
        receive(snapshot())
        const late: Array<string> = []
        for (const { fate, quantity, side, tick } of steps) {
          const before = bestOf(own)
          if (quantity === 0) own[side].delete(tick)
          else own[side].set(tick, quantity)
          const after = bestOf(own)
          const changed = (side: Step["side"]) => [
            ...after[side].filter(({ price, quantity }) =>
              before[side].every((level) => level.price !== price || level.quantity !== quantity)
            ),
            ...before[side]
              .filter(({ price }) => after[side].every((level) => level.price !== price))
              .map(({ price }) => ({ price, quantity: "0.00000000" }))
          ]
          const change = { bids: changed("bids"), asks: changed("asks") }
          if (change.bids.length + change.asks.length === 0) continue
          const text = messageOf("update", change, after)
          if (fate === "late") late.push(text)
          if (fate === "pass" || fate === "twice") receive(text)
          if (fate === "twice") receive(text)
          if (fate === "pass") for (const delayed of late.splice(0)) receive(delayed)
        }
      }),
      { numRuns: runs(200) }
    )
    assert.isAbove(matched, 0)
    assert.isAbove(restarted, 0)
  })
})
