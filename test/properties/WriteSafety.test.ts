import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Option } from "effect"
import * as fc from "fast-check"
import { HttpClientKeepAlive } from "../../src/layers/kraken/client/HttpClientKeepAlive.ts"
import type { SendError, Sent } from "../../src/services/KrakenWriter.ts"
import { makeFastClock } from "../doubles/fake/FastClock.ts"
import { inProcess } from "../doubles/fake/InProcess.ts"
import { serve } from "../doubles/fake/Serve.ts"
import { makeVirtualClock } from "../doubles/fake/VirtualClock.ts"
import { runs } from "../Property.ts"
import { type Intent, type Journey, journey, latecomer } from "./journeys.ts"
import { makeAccount, standing, type Story, type Told, travel } from "./travel.ts"

describe("a write happens at most once, and nobody is told otherwise, whatever goes wrong", () => {
  it.effect(
    "in thousands of journeys on a clock of their own",
    () => {
      const endings = new Set<string>()
      const property = fc.asyncProperty(journey(standing), (journey) => {
        const fake = makeAccount(journey)
        const check = (story: Story) => {
          checkAll(journey, story)
          for (const answer of story.told.flat()) endings.add(endingOf(answer))
        }
        const { run, setWall } = makeVirtualClock()
        return run(travel(fake, journey, inProcess(fake), { check, after: "2 minutes", setWall }))
      })
      return Effect.map(
        Effect.promise(() => fc.assert(property, { numRuns: runs(2000) })),
        () =>
          assert.includeMembers(
            [...endings],
            [
              "placed",
              "settled",
              "not again",
              "KrakenNotPlaced",
              "KrakenOutcomeUnknown",
              "KrakenOrderError",
              "KrakenPrecheckFailed",
              "KrakenWriteBlocked",
              "gone"
            ]
          )
      )
    },
    unlimited
  )

  it.effect(
    "in journeys of a write that arrives late and is listed late",
    () => {
      const property = fc.asyncProperty(latecomer(standing), (journey) => {
        const fake = makeAccount(journey)
        const check = (story: Story) => checkAll(journey, story)
        return makeVirtualClock().run(travel(fake, journey, inProcess(fake), { check, after: "2 minutes" }))
      })
      return Effect.promise(() => fc.assert(property, { numRuns: runs(500) }))
    },
    unlimited
  )

  it.live(
    "in journeys over real sockets, twenty times as fast",
    () => {
      const one = Effect.fnUntraced(function* (journey: Journey) {
        const fake = makeAccount(journey)
        const { connections, url } = yield* serve(fake)
        const check = (story: Story) => checkAll(journey, story)
        yield* travel(fake, journey, HttpClientKeepAlive, { check, after: "40 seconds", config: { baseUrl: url } })
        assert.isAbove(connections(), 0)
      }, Effect.scoped)
      const journeys = fc.sample(journey(standing), { numRuns: runs(50) }).map(atOnce)
      return Effect.forEach(
        journeys,
        (journey) =>
          Effect.catchAllDefect(one(journey), (defect) =>
            Effect.die(`${String(defect)} in ${JSON.stringify(journey)}`)
          ),
        { concurrency: 10, discard: true }
      ).pipe(Effect.withClock(makeFastClock(20)))
    },
    unlimited
  )
})

/** The number of journeys bounds these tests: a slow or busy machine is no failure. */
const unlimited = 0

/** A busy machine may make a second dispatch too late to be taken for the first: it comes with it. */
const atOnce = ({ intents, ...journey }: Journey): Journey => ({
  ...journey,
  intents: intents.map((intent) => ({ ...intent, again: intent.again && 0 }))
})

/** In a word. */
const endingOf = (answer: Told): string => {
  if (answer === undefined) return "gone"
  if (Exit.isSuccess(answer)) {
    if (answer.value.duplicateOf !== undefined) return "not again"
    return answer.value.settled === undefined ? "placed" : "settled"
  }
  return Option.match(Cause.failureOption(answer.cause), { onNone: () => "defect", onSome: ({ _tag }) => _tag })
}

const checkAll = (journey: Journey, { fake, told }: Story) => {
  journey.intents.forEach((intent, n) => {
    const done = fake.journal.filter(({ params }) => params["tag"] === intent.params["tag"])
    const isCancel = intent.endpoint === "private/CancelOrder"
    if (!isCancel) assert.isAtMost(done.length, 1, "done twice")
    const ids = done.flatMap(({ ids }) => ids)
    const answers = (told[n] ?? []).filter((answer) => answer !== undefined)
    for (const answer of answers)
      Exit.match(answer, {
        onSuccess: (sent) => checkPlaced(intent, sent, ids, fake),
        onFailure: (cause) => checkFailure(intent, cause)
      })
    // A cancel is sent as often as it is dispatched: one may be done and the other one refused.
    if (isCancel && intent.again !== undefined) return
    // What was refused may have been done when it was dispatched again.
    const refusals = answers.flatMap((answer) => refusal(answer) ?? [])
    if (refusals.length > 0 && refusals.length === answers.length) {
      assert.deepStrictEqual(ids, [], `it happened, and the caller was told: ${refusals.join("; ")}`)
    }
  })
}

const checkFailure = ({ endpoint }: Intent, cause: Cause.Cause<SendError>) => {
  const error = Option.getOrThrowWith(Cause.failureOption(cause), () => new Error(Cause.pretty(cause)))
  if (error._tag === "KrakenOutcomeUnknown") assert.notStrictEqual(error.check, "")
  if (endpoint === "private/Withdraw") assert.notStrictEqual(error._tag, "KrakenNotPlaced")
}

/** What says nothing of whether it happened, or of whether the identical one before it did. */
const isOpen = ({ _tag }: SendError) => _tag === "KrakenOutcomeUnknown" || _tag === "KrakenWriteBlocked"

/** The words that say that nothing happened. */
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

/** What is said to be placed exists, and is what this write has made. */
const checkPlaced = (
  { endpoint, params }: Intent,
  { duplicateOf, result }: Sent,
  own: ReadonlyArray<string>,
  fake: Story["fake"]
) => {
  // Two withdrawals that are meant apart are alike all the same: the second one is told the id of the first.
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
      return assert.isNotEmpty(ids, "said to be amended")
  }
}
