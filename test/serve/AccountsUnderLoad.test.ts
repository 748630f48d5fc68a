import { assert, describe, it } from "@effect/vitest"
import type { Client } from "@modelcontextprotocol/sdk/client/index.js"
import { Effect } from "effect"
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

/** Sends calls at once: each second one is an order. Returns how many of each kind failed. */
const load = (client: Client, name: Name, from: number, count: number) =>
  Effect.map(
    Effect.forEach(
      Array.from({ length: count }, (_, n) => from + n),
      (n) => (n % 2 === 0 ? call(client, "add_order", orderOf(name, n)) : call(client, "get_account_balance")),
      { concurrency: "unbounded" }
    ),
    (answers) => answers.filter(({ isError }) => isError)
  )

describe("two Kraken accounts under load", () => {
  it.scopedLive(
    "go on apart from each other, and one goes on while the other is locked out",
    () =>
      Effect.gen(function* () {
        const { clientOf, exchanges, house, proxy } = yield* serveTwoAccounts()
        const [desk, cold] = [yield* clientOf("desk"), yield* clientOf("cold")]
        const first = yield* Effect.all([load(desk, "desk", 0, 100), load(cold, "cold", 0, 100)], { concurrency: 2 })
        assert.deepStrictEqual(first, [[], []])

        yield* exchanges.cold.admin("faults", { endpoint: "*", kind: "lockout", count: 1_000_000 })
        const [ofDesk, ofCold] = yield* Effect.all([load(desk, "desk", 100, 100), load(cold, "cold", 100, 100)], {
          concurrency: 2
        })
        assert.deepStrictEqual(ofDesk, [])
        assert.lengthOf(ofCold, 100)
        for (const { text } of ofCold) assert.include(text, "KrakenLockout")

        // Each order is at the exchange of its account, once.
        const placed = { desk: 100, cold: 50 }
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
          run(["audit", "list", "--json", "--limit", "1000"], house.variables).stdout
        )
        const happened = (name: Name) => rows.filter(({ account, state }) => account === name && state === "happened")
        assert.deepStrictEqual([happened("desk").length, happened("cold").length], [100, 50])
      }),
    { timeout: 120_000 }
  )
})
