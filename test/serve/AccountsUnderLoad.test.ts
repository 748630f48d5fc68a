import { assert, describe, it } from "@effect/vitest"
import type { Client } from "@modelcontextprotocol/sdk/client/index.js"
import { Effect, Fiber } from "effect"
import { run } from "./Server.ts"
import { call, type Name, names, openOrdersOf, serveTwoAccounts } from "./twoAccounts.ts"

/** Orders of an account are marked by the thousand of their `userref`, and no two are alike. */
const thousandOf = { desk: 1000, cold: 2000 } satisfies Record<Name, number>

const orderOf = (name: Name, n: number) => ({
  pair: "BTC/USD",
  type: "buy",
  ordertype: "limit",
  volume: "0.0001",
  price: String(10_000 + n),
  userref: thousandOf[name] + n
})

/** Sends calls at once: each second one is an order. Returns the answers of those that failed, and the orders placed. */
const load = (client: Client, name: Name, from: number, count: number) =>
  Effect.map(
    Effect.forEach(
      Array.from({ length: count }, (_, n) => from + n),
      (n) =>
        Effect.map(
          n % 2 === 0 ? call(client, "add_order", orderOf(name, n)) : call(client, "get_account_balance"),
          (answer) => ({ ...answer, isOrder: n % 2 === 0 })
        ),
      { concurrency: "unbounded" }
    ),
    (answers) => ({
      failed: answers.filter(({ isError }) => isError),
      placed: answers.filter(({ isError, isOrder }) => isOrder && !isError).length
    })
  )

/** Takes a key away at its exchange, as a person does at Kraken. Returns the way to give it back. */
const revoke = (keys: ReadonlyMap<string, unknown>) => {
  const all = keys as Map<string, unknown>
  const saved = [...all]
  all.clear()
  return () => saved.forEach(([key, value]) => all.set(key, value))
}

describe("two Kraken accounts under load", () => {
  it.scopedLive(
    "go on apart from each other, and one goes on while the key of the other is revoked, or locked out",
    () =>
      Effect.gen(function* () {
        const { clientOf, exchanges, house, proxy } = yield* serveTwoAccounts()
        const [desk, cold] = [yield* clientOf("desk"), yield* clientOf("cold")]
        const both = (from: number) =>
          Effect.all({ desk: load(desk, "desk", from, 60), cold: load(cold, "cold", from, 60) }, { concurrency: 2 })
        const first = yield* both(0)
        assert.deepStrictEqual([first.desk.failed, first.cold.failed], [[], []])

        const passed = proxy.passed.length
        const second = yield* Effect.fork(both(60))
        const ofCold = () => proxy.passed.slice(passed).filter(({ account }) => account === "cold")
        for (let n = 0; n < 2000 && ofCold().length === 0; n++) yield* Effect.sleep("5 millis")
        const giveBack = revoke(exchanges.cold.rest.keys)
        const revoked = yield* Fiber.join(second)
        assert.deepStrictEqual(revoked.desk.failed, [])
        assert.isNotEmpty(revoked.cold.failed)
        for (const { text } of revoked.cold.failed) assert.include(text, "KrakenAuthError")
        giveBack()

        yield* exchanges.cold.admin("faults", { endpoint: "*", kind: "lockout", count: 1_000_000 })
        const locked = yield* both(120)
        assert.deepStrictEqual(locked.desk.failed, [])
        assert.lengthOf(locked.cold.failed, 60)
        for (const { text } of locked.cold.failed) assert.include(text, "KrakenLockout")

        // Each order is at the exchange of its account, once.
        const placed = { desk: 90, cold: 30 + revoked.cold.placed }
        for (const name of names) {
          const refs = openOrdersOf(exchanges[name]).flatMap(({ userref }) =>
            userref === undefined || userref < 1000 ? [] : [userref]
          )
          assert.lengthOf(refs, placed[name])
          assert.deepStrictEqual(
            refs.filter((ref) => Math.floor(ref / 1000) * 1000 !== thousandOf[name]),
            []
          )
          assert.strictEqual(new Set(refs).size, placed[name])
        }
        assert.deepStrictEqual(proxy.strays, [])
        assert.deepStrictEqual(
          proxy.passed.filter(({ answer }) => answer.includes("Invalid nonce")),
          []
        )

        const rows: ReadonlyArray<{ readonly account?: string; readonly state?: string }> = JSON.parse(
          (yield* run(["audit", "list", "--json", "--limit", "1000"], house.variables)).stdout
        )
        const happened = (name: Name) => rows.filter(({ account, state }) => account === name && state === "happened")
        assert.deepStrictEqual([happened("desk").length, happened("cold").length], [placed.desk, placed.cold])
      }),
    { timeout: 120_000 }
  )
})
