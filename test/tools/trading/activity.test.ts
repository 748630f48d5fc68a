import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { RecordInMemory } from "../../../src/layers/access/record/RecordSql.ts"
import { Record } from "../../../src/services/Record.ts"
import { PermissionCache } from "../../../src/services/PermissionCache.ts"
import { Principal } from "../../../src/services/Principal.ts"
import { getActivity } from "../../../src/tools/trading/activity.ts"
import { as, testOperator, TestPolicy } from "../../doubles/TestPrincipal.ts"
import { order, unknown } from "../../layers/access/record/records.ts"

/** The tool does not ask Kraken, so that it needs no key. */
const live = Layer.merge(Layer.fresh(RecordInMemory), Layer.provideMerge(TestPolicy(), Layer.mock(PermissionCache, {})))

describe("get_activity", () => {
  it.effect("shows a caller's own writes by pages, with what to check", () =>
    Effect.gen(function* () {
      const { begin, end, refused } = yield* Record
      const first = yield* begin(order, { repeat: false })
      if (first._tag === "Begun") yield* end(first.intent, unknown)
      yield* refused(order, { _tag: "InvalidArguments", message: "no" })
      yield* as("aabbccddeeff")(begin({ ...order, identity: "theirs" }, { repeat: false }))
      const page = yield* getActivity.run({ limit: 1 })
      assert.deepStrictEqual(
        page.writes.map(({ endpoint, error, seq, state }) => ({ seq, endpoint, state, error })),
        [{ seq: 3, endpoint: "private/AddOrder", state: "refused", error: "InvalidArguments" }]
      )
      const next = yield* getActivity.run({ limit: 1, cursor: page.next_cursor ?? "" })
      assert.isUndefined(next.next_cursor)
      assert.deepInclude(next.writes[0], { seq: 1, state: "unknown", request: order.params, check: unknown.check })
      assert.isUndefined((yield* getActivity.call({})).isError)
    }).pipe(Effect.provideService(Principal, testOperator), Effect.provide(live))
  )
})
