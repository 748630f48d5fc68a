import { checksumOf } from "../src/domain/live/checksum.ts"
import type { Book } from "../src/domain/live/values.ts"

/** Makes texts of Kraken's WebSocket v2, as a busy market and a busy account send them. */
export interface LiveMessages {
  readonly snapshot: (channel: string) => string | undefined
  readonly ticker: () => string
  /** Changes one level of a book of 100 levels on each side. */
  readonly book: () => string
  /** Opens an order, makes it live, fills it, and ends it: one message each, in turn. */
  readonly executions: () => string
  /** The id of the fill that `executions` told last. */
  readonly lastFill: () => string
}

const levels = 100

export const makeLiveMessages = (): LiveMessages => {
  const quantities = { bids: Array.from({ length: levels }, () => 1), asks: Array.from({ length: levels }, () => 1) }
  let n = 0
  let sequence = 0
  let event = 0
  let fill = ""
  const level = (side: "bids" | "asks", i: number) => ({
    price: `${side === "bids" ? 50_000 - i : 50_001 + i}.0`,
    quantity: `${quantities[side][i] ?? 0}.00000000`
  })
  const best = (): Book => ({
    bids: Array.from({ length: 10 }, (_, i) => level("bids", i)),
    asks: Array.from({ length: 10 }, (_, i) => level("asks", i))
  })
  const text = (side: "bids" | "asks", indexes: ReadonlyArray<number>) =>
    `[${indexes.map((i) => `{"price":${level(side, i).price},"qty":${level(side, i).quantity}}`).join(",")}]`
  const bookText = (type: string, bids: ReadonlyArray<number>, asks: ReadonlyArray<number>) =>
    `{"channel":"book","type":"${type}","data":[{"symbol":"BTC/USD","bids":${text("bids", bids)},` +
    `"asks":${text("asks", asks)},"checksum":${checksumOf(best())},"timestamp":"2026-11-29T12:00:00.000000Z"}]}`
  const all = Array.from({ length: levels }, (_, i) => i)
  const execution = (row: object, type = "update") =>
    JSON.stringify({ channel: "executions", type, data: type === "snapshot" ? [] : [row], sequence: ++sequence })
  return {
    snapshot: (channel) => {
      if (channel === "book") return bookText("snapshot", all, all)
      if (channel !== "executions") return undefined
      sequence = 0
      return execution({}, "snapshot")
    },
    ticker: () =>
      `{"channel":"ticker","type":"update","data":[{"symbol":"BTC/USD","bid":50000.0,"bid_qty":1.${++n},"ask":50001.0,` +
      `"ask_qty":1.0,"last":50000.5,"volume":1234.5,"vwap":50000.1,"low":49000.0,"high":51000.0,"change":1.0,"change_pct":0.1}]}`,
    book: () => {
      const [side, i] = [++n % 2 === 0 ? ("bids" as const) : ("asks" as const), (n * 7) % levels]
      quantities[side][i] = 1 + (n % 9)
      return side === "bids" ? bookText("update", [i], []) : bookText("update", [], [i])
    },
    executions: () => {
      const [order, step] = [Math.floor(event / 4), event % 4]
      event++
      const ids = { order_id: `O${order}`, cl_ord_id: `c${order}`, timestamp: new Date().toISOString() }
      const terms = { symbol: "BTC/USD", side: "buy", order_type: "limit", order_qty: 1, limit_price: 50_000.5 }
      if (step === 0) return execution({ ...ids, ...terms, exec_type: "pending_new", order_status: "pending_new" })
      if (step === 1) return execution({ ...ids, exec_type: "new", order_status: "new" })
      if (step === 3) return execution({ ...ids, exec_type: "filled", order_status: "filled", cum_qty: 1 })
      fill = `T${order}`
      return execution({
        ...ids,
        ...terms,
        exec_id: fill,
        exec_type: "trade",
        order_status: "partially_filled",
        last_price: 50_000.5,
        last_qty: 1,
        cum_qty: 1
      })
    },
    lastFill: () => fill
  }
}
