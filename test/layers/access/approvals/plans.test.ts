import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { approve, deny, notePlanDone } from "../../../../src/layers/access/approvals/answerPlan.ts"
import { askPlan } from "../../../../src/layers/access/approvals/askPlan.ts"
import { approvedPlans, claimPlans } from "../../../../src/layers/access/approvals/claimPlans.ts"
import type { Plan as PlanEvent } from "../../../../src/domain/record/events.ts"
import { planHash } from "../../../../src/layers/access/approvals/planHash.ts"
import { boundOf, listNewest, listOpen, show } from "../../../../src/layers/access/approvals/readPlans.ts"
import { freeze } from "../../../../src/layers/access/mandates/administer.ts"
import * as Intents from "../../../../src/layers/access/record/intents.ts"
import { lease } from "../../../../src/layers/access/record/leases.ts"
import { verifyRows } from "../../../../src/layers/access/record/verify.ts"
import { run } from "../../../../src/layers/storage/steps.ts"
import { describeInEachHome, type MakeHome } from "../../../homes.ts"

const secret = { fingerprint: "0123456789abcdef" }
const channel = "terminal" as const
const [now, later] = [1_000_000, 1_001_000]

/** The plan of a caller, as it is asked for. */
const draftOf = (id: string, amount = "0.01") => {
  const request = { asset: "XXBT", key: "cold wallet", amount }
  const draft = {
    actor: { id },
    key: "k",
    account: "kraken",
    endpoint: "private/Withdraw",
    request,
    claim: { spends: [{ kind: "funds", asset: "BTC", amount, counts: [] }] },
    asks: ["funds"],
    tolerance: "1",
    quote: {
      sends: request,
      prices: [],
      worst: [{ asset: "BTC", amount }],
      values: [],
      feeRates: [],
      balances: [],
      limits: [],
      missing: []
    }
  } satisfies Omit<PlanEvent, "at" | "expires" | "hash" | "kind">
  return { ...draft, hash: planHash(boundOf({ ...draft, kind: "plan", at: now, expires: now, hash: "" })) }
}

/** A record with an operator secret, whose projections fit it at the end. */
const opened = Effect.fnUntraced(function* (makeHome: MakeHome) {
  const db = yield* Effect.flatMap(makeHome, ({ database }) => database)
  yield* db.write(() =>
    run("INSERT INTO secret (id, salt, hash, parameters, fingerprint) VALUES (1, '', '', '{}', ?)", secret.fingerprint)
  )
  yield* Effect.addFinalizer(() =>
    Effect.map(Effect.orDie(db.write(() => verifyRows([]))), ({ findings }) => assert.deepStrictEqual(findings, []))
  )
  const ask = (id: string, amount?: string) => db.write(() => askPlan(now, draftOf(id, amount), "one"))
  const planOf = (asked: Effect.Effect.Success<ReturnType<typeof ask>>): number =>
    asked._tag === "Asked" ? asked.head.seq : assert.fail(asked._tag)
  return { ask, db, planOf }
})

describeInEachHome("plans beside the record", (makeHome) => {
  it.scoped("stand until they are answered, and three of a caller at the most", () =>
    Effect.gen(function* () {
      const { ask, db, planOf } = yield* opened(makeHome)
      const plan = planOf(yield* ask("local"))
      assert.deepInclude(yield* ask("local"), { _tag: "Standing" })
      planOf(yield* ask("local", "0.02"))
      planOf(yield* ask("local", "0.03"))
      assert.strictEqual((yield* ask("local", "0.04"))._tag, "TooMany")
      planOf(yield* ask("another"))
      assert.lengthOf(yield* db.read(() => listOpen(later)), 4)
      assert.strictEqual((yield* db.write(() => deny(later, { plan, channel, freezes: false })))._tag, "Answered")
      assert.strictEqual((yield* db.write(() => approve(later, { plan, channel, secret })))._tag, "Closed")
      assert.deepInclude(yield* db.read(() => show(later, plan)), { state: { _tag: "Denied", channel } })
      assert.lengthOf(yield* db.read(() => listNewest(later, 2)), 2)
    })
  )

  it.scoped("are carried out by one process, once", () =>
    Effect.gen(function* () {
      const { ask, db, planOf } = yield* opened(makeHome)
      const plan = planOf(yield* ask("local"))
      assert.deepStrictEqual(
        (yield* db.write(() => approve(later, { plan, channel, secret: { fingerprint: "another" } })))._tag,
        "OtherSecret"
      )
      assert.strictEqual((yield* db.write(() => approve(later, { plan, channel, secret })))._tag, "Answered")
      assert.lengthOf(yield* db.read(() => approvedPlans(later, "k")), 1)
      const claim = (process: string, at: number) => db.write(() => claimPlans(at, "k", process, () => true))
      assert.deepStrictEqual(yield* claim("two", later), [])
      assert.lengthOf(yield* claim("one", later), 1)
      // The process that asked has ended.
      assert.lengthOf(yield* claim("two", later + lease + 1), 1)
      const { account, actor, endpoint, request } = draftOf("local")
      const begin = db.write(() =>
        Intents.begin(
          { process: "two", wall: later, monotonic: 0 },
          {
            kind: "intent",
            at: later,
            actor,
            key: "k",
            account,
            endpoint,
            request,
            fingerprints: [],
            leaveBy: later,
            approval: plan
          },
          false
        )
      )
      assert.strictEqual((yield* begin)._tag, "Begun")
      assert.strictEqual((yield* begin)._tag, "NotApproved")
      assert.isString(yield* db.write(() => notePlanDone(later, plan)))
    })
  )

  it.scoped("are void once their caller is frozen", () =>
    Effect.gen(function* () {
      const { ask, db, planOf } = yield* opened(makeHome)
      const [plan, other] = [planOf(yield* ask("agent")), planOf(yield* ask("another"))]
      yield* db.write(() => freeze(later, { caller: "agent", frozen: true }))
      assert.deepInclude(yield* db.read(() => show(later, plan)), {
        state: { _tag: "Void", reason: "its caller was frozen" }
      })
      assert.deepInclude(yield* db.read(() => show(later, other)), { state: { _tag: "Open" } })
    })
  )
})
