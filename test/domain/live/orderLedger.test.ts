import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { readMessage } from "../../../src/domain/live/messages.ts"
import { makeOrderLedger, type OrderLedger } from "../../../src/domain/live/orderLedger.ts"
import type { Fill, OpenOrder, OrderEvent } from "../../../src/domain/live/values.ts"

const send = (ledger: OrderLedger, text: string) => {
  const message = readMessage(text)
  assert(message._tag === "Data")
  return ledger.apply(message.isSnapshot, message.rows, message.sequence)
}

const message = (rows: ReadonlyArray<object>, sequence: number, type = "update") =>
  JSON.stringify({ channel: "executions", type, data: rows, sequence })

const opened = (id: string) => ({
  order_id: id,
  symbol: "BTC/USD",
  side: "buy",
  order_type: "limit",
  order_qty: "9",
  exec_type: "new",
  order_status: "new"
})

const trade = (id: string, fill: number, cumulative: number) => ({
  order_id: id,
  exec_id: `${id}-${fill}`,
  exec_type: "trade",
  symbol: "BTC/USD",
  side: "buy",
  last_price: 100,
  last_qty: 1,
  cum_qty: cumulative,
  order_status: "partially_filled",
  timestamp: "2026-11-29T12:00:00.000000Z"
})

const canceled = (id: string) => ({ order_id: id, exec_type: "canceled", order_status: "canceled" })

const tags = (events: ReadonlyArray<OrderEvent>) => events.map(({ _tag }) => _tag)

describe("the ledger of orders", () => {
  it("tells of an order from its beginning to its end", () => {
    const ledger = makeOrderLedger(0)
    assert.deepStrictEqual(send(ledger, message([], 1, "snapshot")), { events: [], inOrder: true })
    assert.deepStrictEqual(tags(send(ledger, message([opened("A")], 2)).events), ["Opened"])
    assert.deepStrictEqual(tags(send(ledger, message([trade("A", 1, 1)], 3)).events), ["Filled", "Changed"])
    assert.strictEqual(ledger.orders().get("A")?.filled, "1")
    assert.deepStrictEqual(tags(send(ledger, message([canceled("A")], 4)).events), ["Closed"])
    assert.strictEqual(ledger.orders().size, 0)
  })

  it("finds that a message is missing, and leaves out one that comes twice", () => {
    const ledger = makeOrderLedger(0)
    send(ledger, message([], 1, "snapshot"))
    assert.isFalse(send(ledger, message([opened("A")], 3)).inOrder)
    assert.deepStrictEqual(send(ledger, message([canceled("A")], 3)), { events: [], inOrder: true })
  })

  it("does not tell fills from before it began", () => {
    const ledger = makeOrderLedger(Date.parse("2026-11-29T12:00:01Z"))
    assert.deepStrictEqual(send(ledger, message([trade("A", 1, 1)], 1, "snapshot")).events, [])
  })

  it("closes what a snapshot does not list, and tells the fills that it lists", () => {
    const ledger = makeOrderLedger(0)
    send(ledger, message([opened("A"), opened("B")], 1, "snapshot"))
    ledger.reconnect()
    const { events } = send(ledger, message([opened("B"), trade("A", 1, 1)], 1, "snapshot"))
    assert.deepStrictEqual(tags(events), ["Filled", "Closed"])
  })

  it("keeps what events changed while REST was asked", () => {
    const ledger = makeOrderLedger(0)
    send(ledger, message([opened("A")], 1, "snapshot"))
    const mark = ledger.mark()
    send(ledger, message([opened("B")], 2))
    send(ledger, message([canceled("A")], 3))
    const before: OpenOrder = { ...(ledger.orders().get("B") ?? assert.fail()), id: "A" }
    assert.deepStrictEqual(ledger.reconcile(mark, [before], []), [])
    assert.deepStrictEqual([...ledger.orders().keys()], ["B"])
  })

  it("misses no fill and counts none twice, whatever is lost, repeated or late", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const ledger = makeOrderLedger(0)
        const truth = makeTruth()
        const told: Array<OrderEvent> = []
        const late: Array<string> = []
        let isInOrder = true
        const receive = (text: string): void => {
          const { events, inOrder } = send(ledger, text)
          told.push(...events)
          isInOrder &&= inOrder
        }
        /** Asks REST; `during` arrives before the answer. */
        const reconcile = (during: () => void): void => {
          const mark = ledger.mark()
          const [open, fills] = [truth.open(), truth.fills()]
          during()
          told.push(...ledger.reconcile(mark, open, fills))
        }
        receive(message([], 0, "snapshot"))
        for (const { act, fault, order } of steps) {
          const text = truth.act(act, `O${order}`)
          if (text === undefined) continue
          if (fault === "late") late.push(text)
          else if (fault !== "lost") receive(text)
          if (fault === "repeated") receive(text)
          const overdue = late.length > 2 ? late.shift() : undefined
          if (!isInOrder) {
            isInOrder = true
            reconcile(() => overdue !== undefined && receive(overdue))
          } else if (overdue !== undefined) receive(overdue)
        }
        reconcile(() => undefined)
        const fills = told.flatMap((event) => (event._tag === "Filled" ? [event.fill.id] : []))
        assert.deepStrictEqual(
          fills.toSorted(),
          truth
            .fills()
            .map(({ id }) => id)
            .toSorted()
        )
        assert.deepStrictEqual(
          [...ledger.orders().values()].map(({ filled, id }) => `${id} ${filled}`).toSorted(),
          truth
            .open()
            .map(({ filled, id }) => `${id} ${filled}`)
            .toSorted()
        )
      }),
      { numRuns: 500 }
    )
  })
})

const step = fc.record({
  act: fc.constantFrom("open" as const, "fill" as const, "fill" as const, "cancel" as const),
  order: fc.nat(5),
  fault: fc.constantFrom("none", "none", "lost", "repeated", "late")
})

/** Makes the exchange's own account, which numbers its messages. */
const makeTruth = () => {
  const open = new Map<string, OpenOrder>()
  const fills: Array<Fill> = []
  const used = new Set<string>()
  let sequence = 0
  const next = (row: object) => message([row], ++sequence)
  return {
    open: () => [...open.values()],
    fills: () => [...fills],
    act: (act: "open" | "fill" | "cancel", id: string): string | undefined => {
      const order = open.get(id)
      if (act === "open") {
        if (used.has(id)) return undefined
        used.add(id)
        open.set(id, { id, pair: "BTC/USD", side: "buy", type: "limit", status: "open", quantity: "9", filled: "0" })
        return next(opened(id))
      }
      if (order === undefined) return undefined
      if (act === "cancel") {
        open.delete(id)
        return next(canceled(id))
      }
      const filled = String(Number(order.filled) + 1)
      open.set(id, { ...order, filled })
      const time = Date.parse("2026-11-29T12:00:00Z")
      fills.push({
        id: `${id}-${filled}`,
        orderId: id,
        pair: order.pair,
        side: "buy",
        price: "100",
        quantity: "1",
        time
      })
      return next(trade(id, Number(filled), Number(filled)))
    }
  }
}
