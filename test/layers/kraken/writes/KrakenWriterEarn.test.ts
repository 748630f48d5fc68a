import { assert, describe, it } from "@effect/vitest"
import { Effect, Either } from "effect"
import type { WriteEndpoint } from "../../../../src/domain/endpoints/endpoints.ts"
import { KrakenPermissionError } from "../../../../src/services/KrakenErrors.ts"
import { account, failure, noAnswer, send } from "../../../doubles/WriterAccount.ts"

it.effect("an allocation without an answer is placed only if the account shows the change", () => {
  let total = "10"
  const { layer } = account({
    write: (endpoint, { amount }) => {
      if (amount === "5") total = "15"
      return noAnswer(endpoint)
    },
    read: (endpoint) =>
      Effect.sync(() =>
        endpoint === "private/Earn/Allocations"
          ? { items: [{ strategy_id: "E1", amount_allocated: { total: { native: total } } }] }
          : { pending: false }
      )
  })
  return Effect.gen(function* () {
    const answer = Either.getOrThrow(yield* send("private/Earn/Allocate", { strategy_id: "E1", amount: "5" }))
    assert.strictEqual(answer.result, true)
    const lost = failure(yield* send("private/Earn/Allocate", { strategy_id: "E1", amount: "7" }))
    assert.strictEqual(lost._tag, "KrakenOutcomeUnknown")
  }).pipe(Effect.provide(layer))
})

describe("an allocation without an answer", () => {
  interface Allocation {
    readonly pending?: boolean
    readonly total?: string
    readonly pendingAmount?: string
  }
  const shown = (endpoint: string, { pending = false, total, pendingAmount }: Allocation) =>
    endpoint === "private/Earn/Allocations"
      ? {
          items: [
            { strategy_id: "E2", amount_allocated: { total: { native: "5" } } },
            ...(total === undefined
              ? []
              : [
                  {
                    strategy_id: "E1",
                    amount_allocated: { total: { native: total }, pending: pendingAmount && { native: pendingAmount } }
                  }
                ])
          ]
        }
      : { pending }

  const cases: ReadonlyArray<
    readonly [string, WriteEndpoint, before: Allocation, after: Allocation, state: string | undefined]
  > = [
    ["is done if more is allocated", "private/Earn/Allocate", { total: "10" }, { total: "15" }, "done"],
    ["is done if the first amount is allocated", "private/Earn/Allocate", {}, { total: "5.0" }, "done"],
    [
      "is done if more is pending",
      "private/Earn/Allocate",
      { total: "10" },
      { total: "10", pendingAmount: "5" },
      "done"
    ],
    ["is done if less is allocated", "private/Earn/Deallocate", { total: "10" }, { total: "5" }, "done"],
    [
      "is pending if an operation has begun",
      "private/Earn/Deallocate",
      { total: "10" },
      { total: "10", pending: true },
      "pending"
    ],
    [
      "is unknown if an operation was pending before",
      "private/Earn/Allocate",
      { pending: true, total: "10" },
      { pending: true, total: "10" },
      undefined
    ],
    ["is unknown if less is allocated", "private/Earn/Allocate", { total: "10" }, { total: "5" }, undefined],
    ["is unknown if nothing has changed", "private/Earn/Deallocate", { total: "10" }, { total: "10" }, undefined]
  ]
  it.effect.each(cases)("%s: %s", ([, endpoint, before, after, state]) => {
    let isSent = false
    const { reads, layer } = account({
      write: (endpoint) => {
        isSent = true
        return noAnswer(endpoint)
      },
      read: (endpoint) => Effect.sync(() => shown(endpoint, isSent ? after : before))
    })
    return Effect.gen(function* () {
      const answer = yield* send(endpoint, { strategy_id: "E1", amount: "5" })
      assert.strictEqual(Either.isRight(answer) ? answer.right.settled?.state : undefined, state)
      if (Either.isLeft(answer)) assert.strictEqual(answer.left._tag, "KrakenOutcomeUnknown")
      const priority = "settlement"
      const status = endpoint === "private/Earn/Allocate" ? "AllocateStatus" : "DeallocateStatus"
      assert.deepStrictEqual(
        reads.slice(0, 2).map(({ endpoint, params, priority }) => ({ endpoint, params, priority })),
        [
          { endpoint: `private/Earn/${status}`, params: { strategy_id: "E1" }, priority },
          { endpoint: "private/Earn/Allocations", params: { hide_zero_allocations: false }, priority }
        ]
      )
    }).pipe(Effect.provide(layer))
  })

  it.effect("is unknown if the allocation could not be read before", () => {
    const { reads, layer } = account({
      write: (endpoint) => noAnswer(endpoint),
      read: (endpoint) => new KrakenPermissionError({ endpoint, needed: [], refusedBy: "Kraken", hints: [] })
    })
    return Effect.gen(function* () {
      const error = failure(yield* send("private/Earn/Allocate", { strategy_id: "E1", amount: "5" }))
      assert.deepInclude(error, { _tag: "KrakenOutcomeUnknown", reason: "timed out after 10 s" })
      assert.lengthOf(reads, 1)
    }).pipe(Effect.provide(layer))
  })
})
