import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { combinedReadiness } from "../../../src/layers/readiness/combinedReadiness.ts"
import { defaultAccount, KrakenAccountName } from "../../../src/services/KrakenAccount.ts"
import type { Part } from "../../../src/services/Readiness.ts"

const [desk, cold] = [KrakenAccountName("desk"), KrakenAccountName("cold")]

const account = (name: KrakenAccountName, parts: ReadonlyArray<Part>, hasKey = true) => ({
  account: name,
  hasKey,
  faults: Effect.succeed(parts.map((part) => ({ part, reason: `${part} of ${name}` })))
})

const parts = (found: Effect.Effect<ReadonlyArray<{ readonly part: Part }>>) =>
  Effect.runSync(found).map(({ part }) => part)

describe("the readiness of a server with several accounts", () => {
  it("misses a key only if no account has one that can be used", () => {
    const keyless = account(defaultAccount, [], false)
    assert.deepStrictEqual(parts(combinedReadiness([keyless, account(desk, ["key"]), account(cold, [])]).faults), [])
    const none = combinedReadiness([keyless, account(desk, ["key"]), account(cold, ["key"])])
    assert.deepStrictEqual(parts(none.faults), ["key"])
    assert.deepStrictEqual(parts(combinedReadiness([keyless]).faults), [])
  })

  it("misses what all accounts need", () => {
    const { faults } = combinedReadiness([account(desk, ["database"]), account(cold, ["database", "key"])])
    assert.deepStrictEqual(parts(faults), ["database"])
  })

  it("tells the callers of an account of that one alone", () => {
    const { faultsOf } = combinedReadiness([account(desk, ["key"]), account(cold, [])])
    assert.deepStrictEqual([parts(faultsOf(desk)), parts(faultsOf(cold))], [["key"], []])
  })
})
