import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Option } from "effect"
import * as fc from "fast-check"
import { HttpClientKeepAlive } from "../../src/layers/kraken/client/HttpClientKeepAlive.ts"
import type { SendError, Sent } from "../../src/services/KrakenWriter.ts"
import { makeFastClock } from "../doubles/fake/FastClock.ts"
import { inProcess } from "../doubles/fake/InProcess.ts"
import { serve } from "../doubles/fake/Serve.ts"
import { makeVirtualClock } from "../doubles/fake/VirtualClock.ts"
import { readBody, refused } from "../doubles/fake/Wire.ts"
import { runs } from "../Property.ts"
import { type Intent, type Scenario, identicalWithdrawals, scenario, lateWrite, withEvents } from "./scenarios.ts"
import { makeAccount, openOrderIds, type Run, type Answer, runScenario } from "./runScenario.ts"

describe("a write happens at most once, and no caller gets a wrong answer, whatever goes wrong", () => {
  it.effect(
    "in hundreds of scenarios on a virtual clock, and in thousands in a soak",
    () =>
      Effect.map(endingsOf(scenario(openOrderIds), runs(600)), (endings) =>
        assert.includeMembers(endings, [
          "placed",
          "settled",
          "duplicate",
          "KrakenNotPlaced",
          "KrakenOutcomeUnknown",
          "KrakenOrderError",
          "KrakenPrecheckFailed",
          "KrakenWriteBlocked",
          "caller left"
        ])
      ),
    unlimited
  )

  it.effect(
    "in scenarios with live events, some of which are lost, doubled, late or in another order",
    () => {
      let settledEarly = 0
      const property = fc.asyncProperty(withEvents(openOrderIds), (scenario) => {
        const fake = makeAccount(scenario)
        const check = (run: Run) => {
          checkAll(scenario, run)
          settledEarly += run.settledByEvents
        }
        const { run, setWall } = makeVirtualClock()
        return run(runScenario(fake, scenario, inProcess(fake), { check, after: "2 minutes", setWall }))
      })
      return Effect.map(
        Effect.promise(() => fc.assert(property, { numRuns: runs(120) })),
        () => assert.isAbove(settledEarly, 0)
      )
    },
    unlimited
  )

  it.effect(
    "in scenarios of identical withdrawals, with and without `repeat`",
    () =>
      Effect.map(endingsOf(identicalWithdrawals, runs(120)), (endings) =>
        assert.includeMembers(endings, ["placed", "duplicate", "KrakenWriteBlocked"])
      ),
    unlimited
  )

  it.effect(
    "in scenarios of a write that arrives late and is listed late",
    () => {
      const property = fc.asyncProperty(lateWrite(openOrderIds), (scenario) => {
        const fake = makeAccount(scenario)
        const check = (run: Run) => checkAll(scenario, run)
        return makeVirtualClock().run(runScenario(fake, scenario, inProcess(fake), { check, after: "2 minutes" }))
      })
      return Effect.promise(() => fc.assert(property, { numRuns: runs(200) }))
    },
    unlimited
  )

  it.live(
    "in scenarios over real sockets, twenty times as fast",
    () => {
      const one = Effect.fnUntraced(function* (scenario: Scenario) {
        const fake = makeAccount(scenario)
        const { connections, url } = yield* serve(fake)
        const check = (run: Run) => checkAll(scenario, run)
        yield* runScenario(fake, scenario, HttpClientKeepAlive, {
          check,
          after: "40 seconds",
          config: { baseUrl: url }
        })
        assert.isAbove(connections(), 0)
      }, Effect.scoped)
      const scenarios = fc.sample(scenario(openOrderIds), { numRuns: runs(20) }).map(atOnce)
      return Effect.forEach(
        scenarios,
        (scenario) =>
          Effect.catchAllDefect(one(scenario), (defect) =>
            Effect.die(`${String(defect)} in ${JSON.stringify(scenario)}`)
          ),
        { concurrency: 10, discard: true }
      ).pipe(Effect.withClock(makeFastClock(20)))
    },
    unlimited
  )
})

/** No timeout. The number of scenarios bounds these tests, so that they pass on a slow or busy machine, too. */
const unlimited = 0

/** Checks scenarios on a virtual clock, and gives the endings of their writes. */
const endingsOf = (scenarios: fc.Arbitrary<Scenario>, numRuns: number) => {
  const endings = new Set<string>()
  const property = fc.asyncProperty(scenarios, (scenario) => {
    const fake = makeAccount(scenario)
    const check = (run: Run) => {
      checkAll(scenario, run)
      for (const answer of run.answers.flat()) endings.add(endingOf(answer))
    }
    const { run, setWall } = makeVirtualClock()
    return run(runScenario(fake, scenario, inProcess(fake), { check, after: "2 minutes", setWall }))
  })
  return Effect.map(
    Effect.promise(() => fc.assert(property, { numRuns })),
    () => [...endings]
  )
}

/** Sends a repeated call together with the first. On a busy machine it might come too late to be a duplicate. */
const atOnce = ({ intents, ...scenario }: Scenario): Scenario => ({
  ...scenario,
  intents: intents.map((intent) => ({ ...intent, again: intent.again && 0 }))
})

/** Classifies an answer. */
const endingOf = (answer: Answer): string => {
  if (answer === undefined) return "caller left"
  if (Exit.isSuccess(answer)) {
    if (answer.value.duplicateOf !== undefined) return "duplicate"
    return answer.value.settled === undefined ? "placed" : "settled"
  }
  return Option.match(Cause.failureOption(answer.cause), { onNone: () => "defect", onSome: ({ _tag }) => _tag })
}

const checkAll = (scenario: Scenario, { fake, answers: all }: Run) => {
  scenario.intents.forEach((intent, n) => {
    const done = fake.journal.filter(({ params }) => params["tag"] === intent.params["tag"])
    const isCancel = intent.endpoint === "private/CancelOrder"
    if (!isCancel) assert.isAtMost(done.length, 1, "done twice")
    const ids = done.flatMap(({ ids }) => ids)
    const answers = (all[n] ?? []).filter((answer) => answer !== undefined)
    for (const answer of answers)
      Exit.match(answer, {
        onSuccess: (sent) => checkPlaced(intent, sent, ids, fake),
        onFailure: (cause) => checkFailure(intent, cause, fake)
      })
    // A repeated cancel is sent twice: one can be carried out and the other one refused.
    if (isCancel && intent.again !== undefined) return
    // A write that was refused can have been carried out when it was sent again.
    const refusals = answers.flatMap((answer) => refusal(answer) ?? [])
    if (refusals.length > 0 && refusals.length === answers.length) {
      assert.deepStrictEqual(ids, [], `it happened, and the caller got: ${refusals.join("; ")}`)
    }
  })
}

const checkFailure = (intent: Intent, cause: Cause.Cause<SendError>, fake: Run["fake"]) => {
  const error = Option.getOrThrowWith(Cause.failureOption(cause), () => new Error(Cause.pretty(cause)))
  if (error._tag === "KrakenOutcomeUnknown") assert.notStrictEqual(error.check, "")
  // No look-up shows that a withdrawal did not happen: it has no deadline, and Kraken stores no id of ours with it. So this
  // ending is only right if its request never left, since it waited too long or an identical one was refused meanwhile. A
  // refused nonce can have come before. The requests of a call that is made twice can be those of the other one.
  if (intent.endpoint === "private/Withdraw" && intent.again === undefined && error._tag === "KrakenNotPlaced")
    assert.deepStrictEqual(decisiveRequests(intent, fake), [], "it might have been carried out")
}

/** Gives the answers to the requests of a withdrawal that Kraken did not refuse for their nonce. */
const decisiveRequests = ({ params: { tag } }: Intent, { seen }: Run["fake"]) =>
  seen
    .filter(({ endpoint, request }) => endpoint === "private/Withdraw" && readBody(request)["tag"] === tag)
    .map(({ answer }) => (typeof answer === "string" ? answer : answer.body))
    .filter((answer) => answer !== refusedNonce)

const refusedNonce = refused(["EAPI:Invalid nonce"]).body

/** Tells whether an error leaves open if the write happened, or if the identical earlier one did. */
const isOpen = ({ _tag }: SendError) => _tag === "KrakenOutcomeUnknown" || _tag === "KrakenWriteBlocked"

/** Gives the message of an answer that says that nothing happened. */
const refusal = (answer: Exit.Exit<Sent, SendError>) =>
  Exit.match(answer, {
    onSuccess: () => undefined,
    onFailure: (cause) =>
      Option.getOrUndefined(
        Option.map(
          Option.filter(Cause.failureOption(cause), (error) => !isOpen(error)),
          ({ message }) => message
        )
      )
  })

/** Checks that the result of a placed write exists on the account and was created by this write. */
const checkPlaced = (
  { endpoint, params }: Intent,
  { duplicateOf, result }: Sent,
  own: ReadonlyArray<string>,
  fake: Run["fake"]
) => {
  // Two separate withdrawals can be identical. The second one then gets the id of the first.
  const ids =
    endpoint === "private/Withdraw" && duplicateOf !== undefined
      ? (fake.journal.find((entry) => entry.endpoint === "Withdraw" && entry.ids.join() === duplicateOf.join())?.ids ??
        [])
      : own
  const { originaltxid, orders, refid, txid } = result as Record<string, unknown>
  switch (endpoint) {
    case "private/CancelOrder": {
      const { cl_ord_id = "none", txid = "none" } = params
      const target = fake.orders.all().find((order) => order.txid === txid || order.clientId === cl_ord_id)
      return assert.notStrictEqual(target?.status, "open")
    }
    case "private/AddOrder":
      return assert.deepStrictEqual(txid, ids)
    case "private/AddOrderBatch":
      return assert.deepStrictEqual(
        (orders as ReadonlyArray<{ txid?: string }>).flatMap(({ txid }) => txid ?? []),
        ids
      )
    case "private/EditOrder":
      return assert.deepStrictEqual([originaltxid, txid], [...ids] as ReadonlyArray<unknown>)
    case "private/Withdraw":
      return assert.deepStrictEqual([refid], [...ids] as ReadonlyArray<unknown>)
    case "private/AmendOrder":
      return assert.isNotEmpty(ids, "reported as amended")
  }
}
