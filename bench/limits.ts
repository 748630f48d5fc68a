import { Clock, Effect, Either } from "effect"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Spend } from "../src/domain/mandates/claim.ts"
import type { Mandate } from "../src/domain/mandates/mandate.ts"
import { makeMandate } from "../src/domain/mandates/terms.ts"
import { append } from "../src/layers/access/record/append.ts"
import { layout } from "../src/layers/access/record/layout.ts"
import { recordFile } from "../src/layers/access/record/recordFile.ts"
import { openImmediateDatabase } from "../src/layers/storage/immediateDatabase.ts"
import { agentOf, makeExchange, saveMandate, start, subject } from "../test/doubles/LimitedAgent.ts"
import { bearerOf, type TestPrincipal } from "../test/doubles/TestPrincipal.ts"
import { limitedRounds, limitedWarmUps, limitedWrites } from "./settings.ts"
import { number, print, table } from "./table.ts"
import { first } from "../src/layers/storage/steps.ts"

/** A mandate that reads its orders back after each ten that are placed, as one with a budget does. */
const termsFor = (open: number): Mandate => ({
  ...Either.getOrThrow(makeMandate({ budget: ["100000USD"], max: ["90000USD/order", "90000USD/day"], rate: ["none"] })),
  maxOpen: open + 10
})

const callersUnder = (terms: Mandate): Readonly<Record<string, TestPrincipal>> => ({
  "no mandate": bearerOf("stranger0001"),
  "a mandate": agentOf(terms)
})

/** The CPU time of an effect, in microseconds. */
const cpuOf = <A, E>(effect: Effect.Effect<A, E>) =>
  Effect.suspend(() => {
    const before = process.cpuUsage()
    return Effect.map(effect, () => {
      const { system, user } = process.cpuUsage(before)
      return system + user
    })
  })

/** The writes that a record has before the measurement. */
interface Before {
  readonly name: string
  readonly open: number
  readonly closed: number
}

const befores: ReadonlyArray<Before> = [
  { name: "nothing", open: 0, closed: 0 },
  { name: "100 open orders", open: 100, closed: 0 },
  { name: "20,000 filled orders of a day", open: 0, closed: 20_000 }
]

/** Adds filled orders of the agent to a record that has a write of it already. */
export const addClosed = Effect.fnUntraced(function* (folder: string, count: number) {
  const db = yield* openImmediateDatabase({ file: join(folder, recordFile), layout })
  yield* db.write(function* ({ wall: at }) {
    const owner = yield* first("SELECT key, account FROM spends LIMIT 1")
    const { account, key } = owner as { readonly account: string; readonly key: string }
    const common = { at, actor: { id: subject } }
    for (let n = 0; n < count; n++) {
      const spend: Spend = {
        kind: "order",
        asset: "USD",
        amount: "0.01",
        counts: [{ scope: subject, bucket: "USD", rate: "1" }],
        order: { index: 0, pair: "BTC/USD", type: "buy", volume: "0.0000001", price: "100000", reduces: false }
      }
      const { seq: intent } = yield* append({
        ...common,
        kind: "intent",
        key,
        account,
        endpoint: "private/AddOrder",
        request: {},
        fingerprints: [],
        leaveBy: at,
        claim: { subject, revision: 1, spends: [spend] }
      })
      yield* append({ ...common, kind: "outcome", intent, outcome: "happened", ids: [`C${n}`] })
      // A day has 86,400 seconds, over which the fills are spread.
      const filledAt = at - Math.trunc((n * 86_000_000) / count)
      const progress = { intent, n: 0, paid: [{ at: filledAt, amount: "0.01" }], got: "0", open: 0, closed: true }
      yield* append({ ...common, kind: "fills", key, account, orders: [progress] })
    }
  })
}, Effect.scoped)

const median = (values: ReadonlyArray<number>): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

/**
 * Measures the CPU time of an order and its cancel of each caller, on a simulated Kraken in this process: the median and the
 * least of rounds in which the callers take turns, after `warmUps` rounds that are not counted. Other programs on the machine
 * only add to a round.
 */
const timesAfter = ({ closed, open }: Before, warmUps: number) => {
  const folder = mkdtempSync(join(tmpdir(), "mcp-kraken-bench-"))
  const terms = termsFor(open)
  const callers = callersUnder(terms)
  const measured = Effect.gen(function* () {
    const world = makeExchange([[0, "50000"]])
    // The simulated Kraken counts from the monotonic clock.
    world.rest.ahead = world.rest.exchange.now - Number((yield* Clock.currentTimeNanos) / 1_000_000n)
    yield* saveMandate(folder, terms)
    const { as, asAgent, writer } = yield* start(world, folder, terms)
    let price = 20_000
    const order = Effect.suspend(() => {
      price += 0.1
      const params = { pair: "XBTUSD", type: "buy", ordertype: "limit", volume: "0.0001", price: price.toFixed(1) }
      return writer.send("private/AddOrder", params)
    })
    const write = Effect.flatMap(order, ({ result }) =>
      writer.send("private/CancelOrder", { txid: Object(result).txid[0] })
    )
    const many = Effect.replicateEffect(write, limitedWrites, { discard: true })
    yield* asAgent(write)
    if (closed > 0) yield* addClosed(folder, closed)
    yield* asAgent(Effect.replicateEffect(order, open, { discard: true }))
    const times = new Map(Object.keys(callers).map((name) => [name, [] as Array<number>]))
    for (let round = -warmUps; round < limitedRounds; round++)
      for (const [name, caller] of Object.entries(callers)) {
        const time = (yield* cpuOf(as(caller)(many))) / limitedWrites
        if (round >= 0) times.get(name)?.push(time)
      }
    return [...times].map(([name, all]) => ({ name, median: median(all), least: Math.min(...all) }))
  })
  return Effect.ensuring(
    Effect.scoped(measured),
    Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
  )
}

/** Measures what an order and its cancel cost more under a mandate, by what the record has before. */
export const limits = async (): Promise<void> => {
  const rows: Array<ReadonlyArray<string>> = []
  for (const [n, before] of befores.entries()) {
    // The first world warms the compiler for all of them. The caches of the others need one round.
    const times = await Effect.runPromise(timesAfter(before, n === 0 ? limitedWarmUps : 1))
    const [base = { median: 0, least: 0 }] = times
    for (const { least, median, name } of times)
      rows.push([
        before.name,
        name,
        ...[median, median - base.median, least, least - base.least].map((µs) => number(µs, 0))
      ])
  }
  print(
    table(
      `11. CPU time of an order and its cancel on a warm server, the simulated Kraken included: median and least of ${limitedRounds} rounds`,
      ["the record has", "the caller has", "median µs", "more", "least µs", "more"],
      rows
    )
  )
}
