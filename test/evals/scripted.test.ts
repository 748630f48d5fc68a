import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { costTable, recorded } from "../../evals/report.ts"
import { play } from "../../evals/scripted.ts"
import { adversarial, everyday, type Task } from "../../evals/task.ts"

/** The greatest difference of tokens from those recorded, since ids are new in every run. */
const tolerance = (tokens: number) => Math.max(25, 0.05 * tokens)

describe("a scripted agent", () => {
  for (const task of [...everyday, ...adversarial]) {
    const { budget, id } = task
    it.live(`brings ${id} to its end within its budget`, () =>
      Effect.gen(function* () {
        const { calls, faults, tokens } = yield* play(task, "after")
        assert.deepStrictEqual(faults, [])
        assert.isAtMost(calls, budget.calls)
        assert.isAtMost(tokens, budget.tokens)
        if (!everyday.includes(task)) return
        const cost = recorded("after")[id] ?? { calls: 0, tokens: 0 }
        assert.strictEqual(cost.calls, calls, "run: npm run eval -- --record after, then npm run docs")
        assert.closeTo(tokens, cost.tokens, tolerance(cost.tokens))
      })
    )
  }

  it.live("finds that an account has come to another end", () =>
    Effect.gen(function* () {
      const task: Task = {
        id: "wrong",
        prompt: "",
        tools: [],
        before: [{ call: "get_ticker", args: { pair: "NOPE" } }, { call: "cancel_all_orders" }],
        end: { open: 1, placed: 0, withdrawals: 1, balances: { XXBT: [2, 3] } },
        budget: { calls: 1, tokens: 1 }
      }
      const { faults } = yield* play(task, "before")
      assert.match(faults[0] ?? "", /^get_ticker: .*UnknownName/)
      assert.deepStrictEqual(faults.slice(1), [
        "open: expected 1, found 0",
        "withdrawals: expected 1, found 0",
        "XXBT: expected 2 to 3, found 1.5"
      ])
    })
  )
})

describe("the table of costs", () => {
  it("has a row for each task, and a sum of those that have both", () => {
    const [first, second] = everyday.map(({ id }) => id)
    const before = { [first!]: { calls: 5, tokens: 1500 }, [second!]: { calls: 8, tokens: 10 } }
    const rows = costTable(before, { [first!]: { calls: 1, tokens: 300 } }).split("\n")
    assert.lengthOf(rows, everyday.length + 3)
    assert.match(rows[2] ?? "", / \| 5 \| 1,500 \| 1 \| 300 \|$/)
    assert.match(rows[3] ?? "", / \| 8 \| 10 \| – \| – \|$/)
    assert.strictEqual(rows.at(-1), "| All 1 that have both | 5 | 1,500 | 1 | 300 |")
  })

  it("has what every task cost before", () => {
    assert.sameMembers(
      Object.keys(recorded("before")),
      everyday.map(({ id }) => id)
    )
  })
})
