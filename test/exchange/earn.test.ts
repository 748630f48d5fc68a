import { assert, describe, it } from "@effect/vitest"
import { type Json, makeTestExchange } from "../doubles/TestExchange.ts"

describe("earn", () => {
  const bonded = { strategy_id: "ESRFUO3-Q62XD-WIOIL7" }

  it("an allocation is pending, then earns; deallocation from a bonded strategy takes 28 days", () => {
    const v = makeTestExchange()
    v.open("dot", { DOT: "20" })
    const balance = () => v.ok("Balance", {}, "dot")
    assert.isTrue(v.ok("Earn/Allocate", { ...bonded, amount: "15" }, "dot"))
    assert.deepStrictEqual(v.ok("Earn/AllocateStatus", bonded, "dot"), { pending: true })
    assert.strictEqual(
      v.refused("Earn/Allocate", { ...bonded, amount: "1" }, { account: "dot" }),
      "EEarnings:Busy:Another (de)allocation for the same strategy is in progress"
    )
    v.wait(10)
    assert.deepStrictEqual(v.ok("Earn/AllocateStatus", bonded, "dot"), { pending: false })
    assert.deepStrictEqual(balance(), { DOT: "5.0000000000", "DOT.B": "15.0000000000" })
    v.ok("Earn/Deallocate", { ...bonded, amount: "4" }, "dot")
    v.wait(10)
    const { items } = v.ok("Earn/Allocations", { hide_zero_allocations: true }, "dot")
    assert.strictEqual(items[0].amount_allocated.unbonding.native, "4.0000000000")
    v.wait(28 * 86_400)
    assert.deepStrictEqual(balance(), { DOT: "9.0000000000", "DOT.B": "11.0713653328" })
  })

  it("an allocated amount earns rewards, and each weekly reward is allocated too", () => {
    const v = makeTestExchange()
    v.open("dot", { DOT: "1000" })
    const shown = () => v.ok("Earn/Allocations", { hide_zero_allocations: true, converted_asset: "DOT" }, "dot")
    // A week of Unix time begins on a Thursday; the 21st of September 2026 is a Monday.
    const monday = Date.UTC(2026, 8, 21, 9) / 1000
    v.ok("Earn/Allocate", { ...bonded, amount: "730" }, "dot")
    assert.strictEqual(shown().items[0].payout.estimated_reward.native, "0.0000000000", "while it is pending")
    v.wait(10)
    v.wait(36.5 * 3600)
    // 10 % a year, the middle of 8 and 12: 0.2 a day for 730.
    const { payout, total_rewarded } = shown().items[0]
    assert.deepStrictEqual(payout, {
      period_start: "2026-09-17T00:00:00Z",
      period_end: "2026-09-24T00:00:00Z",
      accumulated_reward: { native: "0.3041666666", converted: "0.3041666666" },
      estimated_reward: { native: "0.5249768518", converted: "0.5249768518" }
    })
    assert.strictEqual(total_rewarded.native, "0.0000000000")
    v.wait(Date.UTC(2026, 8, 24) / 1000 - monday - 10 - 36.5 * 3600)
    assert.strictEqual(shown().total_rewarded, "0.5249768518")
    assert.strictEqual(shown().total_allocated, "730.5249768518")
    assert.strictEqual(v.ok("Balance", {}, "dot")["DOT.B"], "730.5249768518")
    const [entry] = Object.values(v.ok("Ledgers", { type: "staking" }, "dot").ledger)
    assert.deepInclude(entry, { asset: "DOT.B", amount: "0.5249768518", fee: "0.0000000000" })

    // The deallocated part earns no more, the rest does, until nothing is left.
    v.ok("Earn/Deallocate", { ...bonded, amount: "730.5249768518" }, "dot")
    v.wait(3 * 7 * 86_400)
    assert.strictEqual(shown().items[0].amount_allocated.unbonding.native, "730.5249768518")
    assert.strictEqual(shown().total_rewarded, "0.5249768518")
    v.wait(2 * 7 * 86_400)
    assert.deepStrictEqual(shown().items, [])
    assert.deepStrictEqual(v.ok("Balance", {}, "dot"), { DOT: "1000.5249768518", "DOT.B": "0.0000000000" })
    assert.isTrue(v.x.timers.isEmpty)
  })

  it("the ledger of an Earn balance is found by its own name and by the asset", () => {
    const v = makeTestExchange()
    v.ok("control/Deposit", { account: "ann", asset: "DOT", amount: "20", at_once: true })
    v.ok("Earn/Allocate", { ...bonded, amount: "15" })
    const assets = (asset: string) =>
      Object.values<Json>(v.ok("Ledgers", { asset }).ledger).map((entry) => `${entry.asset} ${entry.subtype}`)
    assert.deepStrictEqual(assets("DOT.B"), ["DOT.B stakingfromspot"])
    assert.deepStrictEqual(assets("DOT"), ["DOT.B stakingfromspot", "DOT spottostaking", "DOT "])
    assert.deepStrictEqual(assets("XBT.B,DOT.S"), [])
    assert.strictEqual(v.refused("Ledgers", { asset: "ZZZ.B" }), "EQuery:Unknown asset")
  })

  it("a reward does not depend on how often the account is read", () => {
    const rewarded = (looks: number) => {
      const v = makeTestExchange()
      v.open("eth", { ETH: "7.0000000003" })
      v.ok("Earn/Allocate", { strategy_id: "ESDQCOL-WTZEU-NU55QF", amount: "7.0000000003" }, "eth")
      for (let i = 0; i < looks; i++) v.wait((30 * 86_400) / looks)
      return v.ok("Balance", {}, "eth")["XETH.B"]
    }
    assert.strictEqual(rewarded(30), rewarded(1))
    assert.isAbove(Number(rewarded(1)), 7.01)
  })

  it("a failed operation returns its error, and its status returns the same error", () => {
    const v = makeTestExchange()
    const below = "EEarnings:Below min:(De)allocation operation amount less than minimum"
    assert.strictEqual(v.refused("Earn/Allocate", { ...bonded, amount: "0.001" }), below)
    assert.strictEqual(v.refused("Earn/AllocateStatus", bonded), below)
    assert.include(v.refused("Earn/Allocate", { ...bonded, amount: "1" }), "EEarnings:Insufficient funds")
    assert.strictEqual(
      v.refused("Earn/Allocate", { strategy_id: "ESXXXXX", amount: "1" }),
      "EGeneral:Invalid arguments:Invalid strategy ID"
    )
  })

  it("lists a strategy of each lock type", () => {
    const { items } = makeTestExchange().ok("Earn/Strategies")
    const locks = items.map((item: { lock_type: { type: string } }) => item.lock_type.type)
    assert.sameMembers(locks, ["bonded", "flex", "instant", "timed"])
  })
})
