import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { makeOrderLedger } from "../../../src/domain/live/orderLedger.ts"
import type { Row } from "../../../src/domain/live/messages.ts"
import type { Fill, OpenOrder } from "../../../src/domain/live/values.ts"
import { runs } from "../../Property.ts"

/** An act at the exchange, or an accident of the feed. */
type Step =
  | { readonly kind: "open" | "reconnect" | "compare" }
  | { readonly kind: "fill" | "cancel"; readonly pick: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.constant({ kind: "open" as const }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("fill" as const), pick: fc.nat(9) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("cancel" as const), pick: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.constantFrom({ kind: "reconnect" as const }, { kind: "compare" as const }) }
)

const fates = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.constant("pass" as const) },
    { weight: 2, arbitrary: fc.constantFrom("drop" as const, "twice" as const, "late" as const) }
  ),
  { minLength: 1, maxLength: 20 }
)

describe("fills that events and REST tell of", () => {
  it("are told once each, whichever messages are lost, doubled or in another order", () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 5, maxLength: 60 }), fates, fc.boolean(), (steps, fates, restIsLate) => {
        const ledger = makeOrderLedger(0)
        const open = new Map<string, OpenOrder>()
        const fills: Array<Fill> = []
        const told: Array<string> = []
        let sequence = 0
        let sent = 0
        let late: Array<() => void> = []
        const tell = (events: ReturnType<typeof ledger.reconcile>) => {
          for (const event of events) if (event._tag === "Filled") told.push(event.fill.id)
        }
        const snapshot = () => {
          sequence = 1
          const rows = [...open.values()].map((order): Row => ({
            ...rowOf(order),
            exec_type: "new",
            order_status: "new",
            cum_qty: order.filled
          }))
          tell(ledger.apply(true, [...fills.slice(-5).map(fillRow), ...rows], sequence).events)
        }
        /** Compares with REST, which might not list the newest fill yet. */
        const compare = (isAtEnd = false) => {
          const listed = restIsLate && !isAtEnd ? fills.slice(0, -1) : fills
          tell(ledger.reconcile(ledger.mark(), [...open.values()], listed))
        }
        const send = (row: Row): void => {
          const number = ++sequence
          const pass = (): void => {
            const { events, inOrder } = ledger.apply(false, [row], number)
            tell(events)
            if (!inOrder) compare()
          }
          const fate = fates[sent++ % fates.length]
          if (fate === "late") return void late.push(pass)
          if (fate !== "drop") pass()
          if (fate === "twice") pass()
          if (fate === "pass") {
            const delayed = late
            late = []
            for (const one of delayed) one()
          }
        }
        snapshot()
        for (const step of steps) {
          switch (step.kind) {
            case "open": {
              const order = newOrder(`O${sent}`)
              open.set(order.id, order)
              send({ ...rowOf(order), exec_type: "pending_new", order_status: "pending_new" })
              break
            }
            case "fill": {
              const order = [...open.values()][step.pick % Math.max(1, open.size)]
              if (order === undefined) break
              const filled = { ...order, filled: String(Number(order.filled) + 1) }
              const fill = newFill(`T${fills.length}`, order, fills.length)
              fills.push(fill)
              if (filled.filled === filled.quantity) open.delete(order.id)
              else open.set(order.id, filled)
              send({ ...fillRow(fill), cum_qty: filled.filled })
              if (!open.has(order.id)) send({ order_id: order.id, exec_type: "filled", order_status: "filled" })
              break
            }
            case "cancel": {
              const order = [...open.values()][step.pick % Math.max(1, open.size)]
              if (order === undefined) break
              open.delete(order.id)
              send({ order_id: order.id, exec_type: "canceled", order_status: "canceled" })
              break
            }
            case "reconnect": {
              ledger.reconnect()
              late = []
              snapshot()
              compare()
              break
            }
            case "compare":
              compare()
          }
        }
        // The comparison that is made each minute.
        compare(true)
        assert.deepStrictEqual(told.toSorted(), fills.map(({ id }) => id).toSorted())
        assert.deepStrictEqual([...ledger.orders().keys()].toSorted(), [...open.keys()].toSorted())
      }),
      { numRuns: runs(300) }
    )
  })
})

const newOrder = (id: string): OpenOrder => ({
  id,
  pair: "BTC/USD",
  side: "buy",
  type: "limit",
  status: "open",
  filled: "0",
  quantity: "3",
  limitPrice: "100"
})

const newFill = (id: string, { id: orderId }: OpenOrder, time: number): Fill => ({
  id,
  orderId,
  pair: "BTC/USD",
  side: "buy",
  price: "100",
  quantity: "1",
  time
})

const rowOf = ({ id, limitPrice, pair, quantity, side, type }: OpenOrder): Row => ({
  order_id: id,
  symbol: pair,
  side,
  order_type: type,
  order_qty: quantity,
  limit_price: limitPrice
})

const fillRow = ({ id, orderId, pair, price, quantity, side, time }: Fill): Row => ({
  order_id: orderId,
  exec_id: id,
  exec_type: "trade",
  order_status: "partially_filled",
  symbol: pair,
  side,
  last_price: price,
  last_qty: quantity,
  timestamp: new Date(time).toISOString()
})
