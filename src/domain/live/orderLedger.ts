import * as D from "../numbers/decimal.ts"
import { mergeOrder, readFill } from "./readRows.ts"
import type { Row } from "./messages.ts"
import type { Fill, OpenOrder, OpenOrders, OrderEvent } from "./values.ts"

/** Fills and closed orders that are remembered at most, so that none is told twice. */
const remembered = 10_000

/** Open orders that are kept at most. Kraken allows a few hundred an account. */
const mostOrders = 10_000

const endings: ReadonlySet<unknown> = new Set(["filled", "canceled", "cancelled", "expired", "rejected"])

/**
 * The outcome of a message. `inOrder` is false if messages before it are missing, so that REST has to be asked.
 */
export interface Applied {
  readonly events: ReadonlyArray<OrderEvent>
  readonly inOrder: boolean
}

/**
 * A ledger of the account's orders and fills, made from events and from what REST answers. Each fill is told once, by
 * its id, however it arrives.
 */
export interface OrderLedger {
  readonly orders: () => OpenOrders
  /**
   * Applies a message of the channel `executions`. Of a message whose number was passed, only fills count: their ids show
   * if they were told. The states of orders in it are among the answers of REST.
   */
  readonly apply: (isSnapshot: boolean, rows: ReadonlyArray<Row>, sequence: number | undefined) => Applied
  /** Forgets the number of the last message, since a new connection counts from the start. */
  readonly reconnect: () => void
  /** Returns a mark for `reconcile`, to be taken before REST is asked. */
  readonly mark: () => number
  /**
   * Compares with what REST answered. Orders that events changed since the mark are left as they are, since the answer
   * might be older than the events.
   */
  readonly reconcile: (
    mark: number,
    open: ReadonlyArray<OpenOrder>,
    fills: ReadonlyArray<Fill>
  ) => ReadonlyArray<OrderEvent>
}

/** Makes the ledger of an account. Fills before `from`, in Unix milliseconds, are not told. */
export const makeOrderLedger = (from: number): OrderLedger => {
  const orders = new Map<string, OpenOrder>()
  const told = makeRecent<true>()
  /** The versions at which orders were changed or closed last. */
  const touched = makeRecent<number>()
  /** The last status of orders that were closed. An order that only its absence closed is `gone`. */
  const closed = makeRecent<string>()
  let version = 0
  let last: number | undefined

  const tell = (fill: Fill | undefined, order: OpenOrder | undefined, events: Array<OrderEvent>): void => {
    if (fill === undefined || told.get(fill.id)) return
    told.set(fill.id, true)
    if (fill.time >= from) events.push({ _tag: "Filled", fill, order })
  }

  const put = (order: OpenOrder, events: Array<OrderEvent>, isMessage = true): void => {
    const before = orders.get(order.id)
    if (before !== undefined ? isOlder(order, before) : orders.size >= mostOrders) return
    if (before !== undefined && isSameOrder(before, order)) {
      // A message can tell more than is compared, such as a trigger. A new object shows that there was one.
      if (isMessage) orders.set(order.id, order)
      return
    }
    orders.set(order.id, order)
    closed.delete(order.id)
    touched.set(order.id, ++version)
    events.push({ _tag: before === undefined ? "Opened" : "Changed", order })
  }

  const close = (id: string, status: string, order: OpenOrder | undefined, events: Array<OrderEvent>): void => {
    const isTold = closed.get(id) !== undefined
    orders.delete(id)
    closed.set(id, status)
    touched.set(id, ++version)
    if (!isTold) events.push({ _tag: "Closed", id, status, order })
  }

  const applyRow = (row: Row, events: Array<OrderEvent>): void => {
    const id = row["order_id"]
    if (typeof id !== "string") return
    const order = mergeOrder(orders.get(id), row)
    tell(readFill(row), order, events)
    const ending = [row["order_status"], row["exec_type"]].find(isEnding)
    if (ending !== undefined) return close(id, ending, order, events)
    // A closed order is never open again: the message is older than the answer that closed it.
    if (order !== undefined && closed.get(id) === undefined) put(order, events)
  }

  /** Replaces all open orders by those of a snapshot. */
  const applySnapshot = (rows: ReadonlyArray<Row>, events: Array<OrderEvent>): void => {
    const open = new Set<unknown>()
    for (const row of rows) {
      const isTrade = row["exec_type"] === "trade"
      if (isTrade) tell(readFill(row), undefined, events)
      if (isTrade || isEnding(row["order_status"])) continue
      const order = mergeOrder(undefined, row)
      if (order === undefined) continue
      open.add(order.id)
      put(order, events)
    }
    for (const [id, order] of orders) if (!open.has(id)) close(id, gone, order, events)
  }

  return {
    orders: () => new Map(orders),
    apply: (isSnapshot, rows, sequence) => {
      const events: Array<OrderEvent> = []
      if (!isSnapshot && sequence !== undefined && last !== undefined && sequence <= last) {
        for (const row of rows) tell(readFill(row), orders.get(String(row["order_id"])), events)
        return { events, inOrder: true }
      }
      const inOrder = isSnapshot || sequence === undefined || (last !== undefined && sequence === last + 1)
      last = sequence ?? last
      if (isSnapshot) applySnapshot(rows, events)
      else for (const row of rows) applyRow(row, events)
      return { events, inOrder }
    },
    reconnect: () => {
      last = undefined
    },
    mark: () => version,
    reconcile: (mark, open, fills) => {
      const events: Array<OrderEvent> = []
      const isNewer = (id: string) => (touched.get(id) ?? 0) > mark
      const listed = new Map(open.map((order) => [order.id, order]))
      for (const fill of fills.toSorted((a, b) => a.time - b.time)) tell(fill, orders.get(fill.orderId), events)
      for (const [id, order] of listed) {
        if (!isNewer(id) && (closed.get(id) ?? gone) === gone) put(order, events, false)
      }
      for (const [id, order] of orders) if (!listed.has(id) && !isNewer(id)) close(id, gone, order, events)
      return events
    }
  }
}

const gone = "gone"

const isEnding = (status: unknown): status is string => endings.has(status)

/** Checks that two states of an order are equal. A field that only one of them has does not count. */
export const isSameOrder = (before: OpenOrder, after: OpenOrder): boolean =>
  before.status === after.status &&
  isEqual(before.filled, after.filled) &&
  isEqual(before.quantity, after.quantity) &&
  isEqual(before.limitPrice, after.limitPrice)

/** Checks that less is filled than before, which an answer from a moment ago shows. What is filled never gets less. */
const isOlder = (order: OpenOrder, before: OpenOrder): boolean => {
  const [a, b] = [D.parse(order.filled), D.parse(before.filled)]
  return a !== undefined && b !== undefined && D.lessThan(a, b)
}

const isEqual = (before: string | undefined, after: string | undefined): boolean => {
  if (before === after || before === undefined || after === undefined) return true
  const [a, b] = [D.parse(before), D.parse(after)]
  return a !== undefined && b !== undefined && D.equals(a, b)
}

/** Makes a map of the newest entries. */
const makeRecent = <A>() => {
  const entries = new Map<string, A>()
  return {
    get: (key: string): A | undefined => entries.get(key),
    delete: (key: string): void => {
      entries.delete(key)
    },
    set: (key: string, value: A): void => {
      entries.delete(key)
      entries.set(key, value)
      if (entries.size <= remembered) return
      for (const oldest of entries.keys()) {
        entries.delete(oldest)
        return
      }
    }
  }
}
