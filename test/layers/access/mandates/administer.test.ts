import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { budgetMandate } from "../../../../src/domain/mandates/termDefaults.ts"
import { freeze, holdingOf, remove, rotate, save } from "../../../../src/layers/access/mandates/administer.ts"
import { mandateOf } from "../../../../src/layers/access/record/mandates.ts"
import { verifyRows } from "../../../../src/layers/access/record/verify.ts"
import type { Body } from "../../../../src/layers/storage/transactionalDatabase.ts"
import { describeInEachHome, type MakeHome } from "../../../homes.ts"

const [first, second, third] = ["aaaaaaaaaaaa", "bbbbbbbbbbbb", "cccccccccccc"] as const

/** Runs changes of a new home one after the other, and checks that the projections fit the record. */
const changesIn = Effect.fnUntraced(function* (makeHome: MakeHome) {
  const db = yield* Effect.flatMap(makeHome, ({ database }) => database)
  yield* Effect.addFinalizer(() =>
    Effect.map(Effect.orDie(db.write(() => verifyRows([]))), ({ findings }) => assert.deepStrictEqual(findings, []))
  )
  return <A>(body: Body<A>) => db.write(body)
})

const narrow = { ...budgetMandate, maxOpen: 1 }

describeInEachHome("the administration of mandates", (makeHome) => {
  const changes = changesIn(makeHome)

  it.scoped("counts revisions up, also after a mandate was removed, and refuses a stale change", () =>
    Effect.gen(function* () {
      const change = yield* changes
      const saved = (expected: number, terms = budgetMandate) =>
        change(() => save(1, { token: first, expected, terms }))
      assert.deepInclude(yield* saved(0), { _tag: "Changed", revision: 1 })
      assert.deepStrictEqual(yield* saved(0, narrow), { _tag: "Stale", newest: 1 })
      assert.deepInclude(yield* saved(1, narrow), { _tag: "Changed", revision: 2 })
      assert.deepInclude(yield* change(() => mandateOf(first)), { subject: first, revision: 2, terms: narrow })
      assert.deepStrictEqual(yield* change(() => remove(2, { token: first, expected: 1 })), {
        _tag: "Stale",
        newest: 2
      })
      assert.deepInclude(yield* change(() => remove(2, { token: first, expected: 2 })), { revision: 3 })
      assert.deepStrictEqual(yield* change(() => holdingOf(first)), { subject: first, revision: 3 })
      assert.deepInclude(yield* saved(3), { _tag: "Changed", revision: 4 })
    })
  )

  it.scoped("moves a mandate to another token under the same subject, with its freeze", () =>
    Effect.gen(function* () {
      const change = yield* changes
      yield* change(() => save(1, { token: first, expected: 0, terms: budgetMandate }))
      yield* change(() => freeze(2, { caller: first, frozen: true, reason: "odd" }))
      assert.deepInclude(yield* change(() => rotate(3, { token: first, to: second, expected: 1 })), {
        revision: 2
      })
      assert.deepInclude(yield* change(() => rotate(3, { token: second, to: third, expected: 2 })), {
        revision: 3
      })
      assert.deepStrictEqual(yield* change(() => holdingOf(third)), {
        subject: first,
        revision: 3,
        mandate: { subject: first, revision: 3, terms: budgetMandate },
        frozen: { at: 2, by: "local", why: "odd" }
      })
      for (const old of [first, second])
        assert.deepStrictEqual(yield* change(() => holdingOf(old)), { subject: old, revision: 0 })
      yield* change(() => freeze(4, { caller: third, frozen: false }))
      assert.isUndefined((yield* change(() => holdingOf(third))).frozen)
    })
  )

  it.scoped("moves the freeze of a token without a mandate, and nothing of a token of which nothing is known", () =>
    Effect.gen(function* () {
      const change = yield* changes
      assert.deepStrictEqual(yield* change(() => rotate(1, { token: second, to: third, expected: 0 })), {
        _tag: "Nothing"
      })
      yield* change(() => freeze(1, { caller: first, frozen: true }))
      yield* change(() => rotate(2, { token: first, to: second, expected: 0 }))
      const holding = yield* change(() => holdingOf(second))
      assert.deepStrictEqual(holding, { subject: first, revision: 1, frozen: { at: 1, by: "local" } })
      // A mandate that it gets afterwards belongs to the same subject.
      yield* change(() => save(3, { token: second, expected: 1, terms: budgetMandate }))
      assert.deepInclude(yield* change(() => holdingOf(second)), { subject: first, revision: 2 })
    })
  )

  it.scoped("freezes any caller once, and keeps it frozen whatever happens to its mandate", () =>
    Effect.gen(function* () {
      const change = yield* changes
      for (const caller of [first, "local"]) {
        assert.isDefined(yield* change(() => freeze(1, { caller, frozen: true })))
        assert.isUndefined(yield* change(() => freeze(2, { caller, frozen: true })))
        assert.deepInclude(yield* change(() => holdingOf(caller)), { frozen: { at: 1, by: "local" } })
      }
      yield* change(() => save(3, { token: first, expected: 0, terms: budgetMandate }))
      yield* change(() => remove(4, { token: first, expected: 1 }))
      assert.deepInclude(yield* change(() => holdingOf(first)), { revision: 2, frozen: { at: 1, by: "local" } })
      for (const caller of [first, "local"]) yield* change(() => freeze(5, { caller, frozen: false }))
      assert.isUndefined(yield* change(() => freeze(6, { caller: first, frozen: false })))
    })
  )
})
