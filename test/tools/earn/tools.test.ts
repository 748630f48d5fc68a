import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Earn from "../../../src/tools/earn/tools.ts"
import { directory } from "../../fixtures/krakenLists.ts"
import { TestKraken } from "../../doubles/TestKraken.ts"
import { assertFaults, faultsIn } from "../../fixtures/faults.ts"
import { readOnly } from "../../doubles/TestPrincipal.ts"

const strategy_id = "ESRFUO3-Q62XD-WIOIL7"

const kraken = (answers: Record<string, unknown>, calls: Array<object> = []) =>
  TestKraken({
    answers,
    granted: ["query-funds", "earn-funds"],
    directory,
    onCall: (endpoint, params) => calls.push({ endpoint, ...params })
  })

describe("list_earn_strategies", () => {
  const bonded = {
    id: strategy_id,
    asset: "DOT",
    asset_class: "currency",
    lock_type: {
      type: "bonded",
      payout_frequency: 604800,
      bonding_period: 0,
      bonding_period_variable: false,
      bonding_rewards: false,
      exit_queue_period: 0,
      unbonding_period: 2419200,
      unbonding_period_variable: false,
      unbonding_rewards: false
    },
    apr_estimate: { low: "8.0000", high: "12.0000" },
    user_min_allocation: "0.01",
    allocation_fee: "0.0000",
    deallocation_fee: 0,
    auto_compound: { type: "enabled" },
    yield_source: { type: "staking" },
    can_allocate: true,
    can_deallocate: true,
    allocation_restriction_info: []
  }

  it.effect("gives flat rows, with the fee in words of one kind", () => {
    const calls: Array<object> = []
    return Effect.gen(function* () {
      const { structuredContent } = yield* Earn.listEarnStrategies.call({
        asset: "dot",
        lock_type: "bonded,flex",
        detail: "full"
      })
      assert.deepStrictEqual(structuredContent, {
        strategies: [
          {
            id: strategy_id,
            asset: "DOT",
            asset_id: "DOT",
            lock_type: "bonded",
            apr_low: "8.0000",
            apr_high: "12.0000",
            payout_frequency: 604800,
            unbonding_period: 2419200,
            user_min_allocation: "0.01",
            allocation_fee: "0.0000",
            deallocation_fee: "0",
            auto_compound: "enabled",
            yield_source: "staking",
            can_allocate: true,
            can_deallocate: true
          }
        ]
      })
      assert.deepStrictEqual(calls, [
        { endpoint: "private/Earn/Strategies", asset: "DOT", lock_type: ["bonded", "flex"], limit: 25 }
      ])
    }).pipe(Effect.provide(kraken({ "private/Earn/Strategies": { next_cursor: null, items: [bonded] } }, calls)))
  })

  it.effect("pages through more strategies than were asked for, without sending Kraken our cursor", () => {
    const calls: Array<object> = []
    const items = ["A", "B", "C"].map((id) => ({ ...bonded, id }))
    return Effect.gen(function* () {
      const first = yield* Earn.listEarnStrategies.run({ cursor: "KRAKENS", limit: 2 })
      const second = yield* Earn.listEarnStrategies.run({ cursor: first.next_cursor ?? "", limit: 2 })
      assert.deepStrictEqual(
        [first, second].map(({ strategies }) => strategies.map(({ id }) => id)),
        [["A", "B"], ["C"]]
      )
      assert.strictEqual(second.next_cursor, "NEXT")
      const endpoint = "private/Earn/Strategies"
      assert.deepStrictEqual(calls, [
        { endpoint, cursor: "KRAKENS", limit: 2 },
        { endpoint, cursor: "KRAKENS", limit: 2 }
      ])
    }).pipe(Effect.provide(kraken({ "private/Earn/Strategies": { items, next_cursor: "NEXT" } }, calls)))
  })

  it.effect("takes a strategy of which little is known", () =>
    Effect.gen(function* () {
      const { strategies } = yield* Earn.listEarnStrategies.run({ limit: 25, detail: "full" })
      assert.deepStrictEqual(strategies, [{ id: "ES1", asset: "BTC", asset_id: "XBT", lock_type: "instant" }])
    }).pipe(
      Effect.provide(
        kraken({
          "private/Earn/Strategies": {
            items: [{ id: "ES1", asset: "XBT", lock_type: { type: "instant" }, apr_estimate: null, user_cap: null }]
          }
        })
      )
    )
  )
})

describe("list_earn_allocations", () => {
  const sum = (native: string, converted: string) => ({ native, converted })
  const unbonding = {
    ...sum("5.0000000000", "18.4800"),
    allocations: [
      { created_at: "2026-09-01T10:52:05Z", expires: "2026-09-29T10:52:05Z", ...sum("5.0000000000", "18.4800") }
    ]
  }
  const held = {
    strategy_id,
    total_rewarded: sum("0.5600000000", "2.0675"),
    payout: {
      period_start: "2026-09-20T00:00:00Z",
      period_end: "2026-09-27T00:00:00Z",
      accumulated_reward: sum("0.0100000000", "0.0370"),
      estimated_reward: sum("0.0700000000", "0.2590")
    }
  }
  const total = sum("40.1000000000", "148.2000")

  it.effect("keeps what is bonding and unbonding, and until when", () => {
    const calls: Array<object> = []
    return Effect.gen(function* () {
      const { structuredContent } = yield* Earn.listEarnAllocations.call({ converted_asset: "USD", detail: "full" })
      assert.deepStrictEqual(structuredContent, {
        converted_asset: "USD",
        total_allocated: "148.2000",
        total_rewarded: "2.0675",
        allocations: [{ ...held, asset: "DOT", asset_id: "DOT", amount_allocated: { total, unbonding } }]
      })
      assert.deepStrictEqual(calls, [
        { endpoint: "private/Earn/Allocations", converted_asset: "USD", hide_zero_allocations: true }
      ])
    }).pipe(
      Effect.provide(
        kraken(
          {
            "private/Earn/Allocations": {
              converted_asset: "USD",
              converted_asset_class: "currency",
              total_allocated: "148.2000",
              total_rewarded: "2.0675",
              next_cursor: null,
              items: [
                {
                  ...held,
                  native_asset: "DOT",
                  asset_class: "currency",
                  is_utilized: true,
                  amount_allocated: { total, pending: null, unbonding: { ...unbonding, allocation_count: 1 } }
                }
              ]
            }
          },
          calls
        )
      )
    )
  })
})

describe("an account without any Earn", () => {
  it.effect("has empty lists, not answers that can't be read", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* Earn.listEarnStrategies.run({ limit: 25 }), { strategies: [] })
      const held = yield* Earn.listEarnAllocations.run({ hide_zero_allocations: true })
      assert.deepStrictEqual(held, { converted_asset: "USD", total_allocated: "0.0000", allocations: [] })
    }).pipe(
      Effect.provide(
        kraken({
          "private/Earn/Strategies": { next_cursor: null, items: [] },
          "private/Earn/Allocations": {
            converted_asset: "USD",
            total_allocated: "0.0000",
            next_cursor: null,
            items: []
          }
        })
      )
    )
  )
})

describe("allocate_earn and deallocate_earn", () => {
  const asked = { strategy_id, amount: "10" }
  const tools = [
    [Earn.allocateEarn, "private/Earn/Allocate"],
    [Earn.deallocateEarn, "private/Earn/Deallocate"]
  ] as const

  for (const [tool, endpoint] of tools) {
    for (const [answer, expected] of [
      [true, { accepted: true }],
      [false, { accepted: false }],
      [{ pending: false }, { accepted: true, pending: false }]
    ] as const) {
      it.effect(`${tool.name} reads ${JSON.stringify(answer)}`, () => {
        const calls: Array<object> = []
        return Effect.gen(function* () {
          assert.deepStrictEqual(yield* tool.run(asked), { strategy_id, ...expected })
          assert.deepStrictEqual(calls, [{ endpoint, ...asked }])
        }).pipe(Effect.provide(kraken({ [endpoint]: answer }, calls)))
      })
    }

    it.effect(`${tool.name} moves nothing where only reads are allowed`, () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(tool.run(asked))
        assert.strictEqual(error._tag, "ReadOnlyMode")
      }).pipe(
        readOnly,
        Effect.provide(TestKraken({ granted: ["earn-funds"], onCall: () => assert.fail("Kraken was asked") }))
      )
    )

    it.effect(`${tool.name} needs an amount`, () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(tool.call({ strategy_id, amount: "0" }))
        assertFaults(faultsIn(error), [["amount", "0"]])
      }).pipe(Effect.provide(TestKraken({ onCall: () => assert.fail("Kraken was asked") })))
    )
  }
})

describe("status of an allocation", () => {
  for (const [tool, endpoint] of [
    [Earn.getEarnAllocationStatus, "private/Earn/AllocateStatus"],
    [Earn.getEarnDeallocationStatus, "private/Earn/DeallocateStatus"]
  ] as const) {
    it.effect(`${tool.name} takes either of two permissions`, () => {
      const calls: Array<object> = []
      return Effect.gen(function* () {
        assert.deepStrictEqual(yield* tool.run({ strategy_id }), { pending: true })
        assert.deepStrictEqual(calls, [{ strategy_id }])
      }).pipe(
        Effect.provide(
          TestKraken({
            granted: ["query-funds"],
            answers: { [endpoint]: { pending: true } },
            onCall: (_, params) => calls.push(params)
          })
        )
      )
    })
  }
})
