import { cpus } from "node:os"
import { handle } from "../src/exchange/commands/handle.ts"
import { makeExchange } from "../src/exchange/state/state.ts"
import { syntheticMarket } from "../src/exchange/markets/synthetic/syntheticMarket.ts"

/**
 * A benchmark of the matching engine: orders matched per second of processor time with few and with many resting
 * orders, and the memory of a resting order. `node --expose-gc --import ./scripts/typescript.mjs bench/matching.ts`
 */
const now = Date.UTC(2026, 8, 21, 9)
const rounds = 20_000

const venue = (resting: number) => {
  const x = makeExchange(syntheticMarket(1), now, { rateLimits: false })
  for (const name of ["maker", "taker"]) {
    const balances = { USD: "1000000000000", XBT: "1000000" }
    handle(x, { endpoint: "control/OpenAccount", params: { name, balances }, now })
  }
  const add = (account: string, type: string, volume: string, price: string): string => {
    const params = { pair: "XBTUSD", type, ordertype: "limit", volume, price }
    const answer = handle(x, { endpoint: "private/AddOrder", params, account, now })
    if ("errors" in answer) throw new Error(answer.errors.join())
    return (answer.result as { readonly txid: readonly [string] }).txid[0]
  }
  // Orders on both sides at many price levels, which the market does not reach.
  for (let i = 0; i < resting; i++) {
    const away = 200 + ((i * 7919) % 400_000) / 10
    const price = (i % 2 === 0 ? 112_000 - away : 117_000 + away * 10).toFixed(1)
    add("maker", i % 2 === 0 ? "buy" : "sell", "0.001", price)
  }
  return { x, add }
}

const memory = (): number => {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}

console.log(`${cpus()[0]?.model}, Node ${process.version}`)
for (const resting of [10, 1000, 100_000]) {
  const before = memory()
  const { add, x } = venue(resting)
  const used = memory() - before
  const book = x.pairStates.get("XXBTZUSD")!
  const best = Number(book.asks.firstKey()) / 10

  const measure = (name: string, ordersEach: number, once: (i: number) => void) => {
    for (let i = 0; i < 2000; i++) once(i)
    const start = process.cpuUsage()
    for (let i = 0; i < rounds; i++) once(i)
    const { system, user } = process.cpuUsage(start)
    const micros = (user + system) / rounds / ordersEach
    const rate = Math.round(1_000_000 / micros)
    console.log(`${resting} resting: ${name}: ${rate} orders/s, ${micros.toFixed(1)} µs each`)
  }
  // Two orders inside the spread that match each other: one match.
  measure("match", 2, () => {
    add("maker", "sell", "0.001", "114000.0")
    add("taker", "buy", "0.001", "114000.0")
  })
  // An order that rests at a new price among the others, and is cancelled.
  measure("add and cancel", 1, (i) => {
    const txid = add("maker", "sell", "0.001", (best + 1 + ((i * 7919) % 300_000) / 10).toFixed(1))
    handle(x, { endpoint: "private/CancelOrder", params: { txid }, account: "maker", now })
  })
  if (resting >= 1000) console.log(`${resting} resting: ${Math.round(used / resting)} bytes of heap each`)
}
