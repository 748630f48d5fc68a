import { Clock, Effect, Either } from "effect"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { makeMandate } from "../src/domain/mandates/terms.ts"
import { agentOf, makeExchange, saveMandate, start } from "../test/doubles/LimitedAgent.ts"
import { bearerOf, type TestPrincipal } from "../test/doubles/TestPrincipal.ts"
import { limitedWrites, rounds } from "./settings.ts"
import { number, print, table } from "./table.ts"

const terms = Either.getOrThrow(
  makeMandate({ budget: ["100000USD"], max: ["90000USD/order", "90000USD/day"], rate: ["none"] })
)

const callers: Readonly<Record<string, TestPrincipal>> = {
  "no mandate": bearerOf("stranger0001"),
  "a mandate": agentOf(terms)
}

/** The CPU time of an effect, in microseconds. */
const cpuOf = <A, E>(effect: Effect.Effect<A, E>) =>
  Effect.suspend(() => {
    const before = process.cpuUsage()
    return Effect.map(effect, () => {
      const { system, user } = process.cpuUsage(before)
      return system + user
    })
  })

/** Measures the CPU time of an order and its cancel, without a mandate and with one, on a simulated Kraken in this process. */
export const limits = async (): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), "mcp-kraken-bench-"))
  const measured = Effect.gen(function* () {
    const world = makeExchange([[0, "50000"]])
    // The simulated Kraken counts from the monotonic clock.
    world.rest.ahead = world.rest.exchange.now - Number((yield* Clock.currentTimeNanos) / 1_000_000n)
    yield* saveMandate(folder, terms)
    const { as, writer } = yield* start(world, folder, terms)
    let price = 20_000
    const write = Effect.suspend(() => {
      price += 0.1
      const params = { pair: "XBTUSD", type: "buy", ordertype: "limit", volume: "0.001", price: price.toFixed(1) }
      return Effect.flatMap(writer.send("private/AddOrder", params), ({ result }) =>
        writer.send("private/CancelOrder", { txid: Object(result).txid[0] })
      )
    })
    const many = Effect.forEach(Array.from({ length: limitedWrites }), () => write, { discard: true })
    const times: Record<string, number> = {}
    yield* Effect.forEach(Object.values(callers), (caller) => as(caller)(many))
    for (let round = 0; round < rounds; round++)
      for (const [name, caller] of Object.entries(callers)) {
        const time = (yield* cpuOf(as(caller)(many))) / limitedWrites
        times[name] = Math.min(times[name] ?? Infinity, time)
      }
    return times
  })
  try {
    const times = Object.entries(await Effect.runPromise(Effect.scoped(measured)))
    const base = times[0]?.[1] ?? 0
    print(
      table(
        "11. CPU time of an order and its cancel, the simulated Kraken included",
        ["the caller has", "µs", "µs more"],
        times.map(([name, time]) => [name, number(time, 0), number(time - base, 0)])
      )
    )
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
