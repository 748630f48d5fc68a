import { assert, describe, it } from "@effect/vitest"
import { Effect, Either } from "effect"
import type { Params, WriteEndpoint } from "../../../../src/domain/endpoints/endpoints.ts"
import { KrakenWriter } from "../../../../src/services/KrakenWriter.ts"
import { PermissionCache } from "../../../../src/services/PermissionCache.ts"
import * as Fault from "../../../doubles/fake/Faults.ts"
import { inProcess } from "../../../doubles/fake/InProcess.ts"
import { makeVirtualClock } from "../../../doubles/fake/VirtualClock.ts"
import type { FakeKraken } from "../../../doubles/FakeKraken.ts"
import { makeAccount, openOrderIds, writerOver } from "../../../properties/runScenario.ts"
import { failure, limit } from "../../../doubles/WriterAccount.ts"

/** Sends a write that meets a fault, on an account that `prepare` has changed. */
const attempt = (
  endpoint: WriteEndpoint,
  params: Params,
  fault: Fault.Fault,
  prepare: (fake: FakeKraken) => void = () => undefined,
  dateOff = 0
) => {
  const fake = makeAccount({ key: "full", skew: 0, dateOff })
  const run = Effect.gen(function* () {
    yield* Effect.flatMap(PermissionCache, ({ known }) => known)
    fake.misbehave(endpoint, fault)
    prepare(fake)
    const answer = yield* Effect.either(Effect.flatMap(KrakenWriter, ({ send }) => send(endpoint, params)))
    const ending = Either.match(answer, { onLeft: ({ _tag }) => _tag, onRight: () => "placed" })
    return { answer, ending, fake, made: fake.journal.slice(2).flatMap(({ ids }) => ids) }
  }).pipe(Effect.provide(writerOver(inProcess(fake), fake.keys.full)))
  return Effect.promise(() => makeVirtualClock().run(run))
}

const { pair, ...order } = limit

const writes: ReadonlyArray<readonly [WriteEndpoint, Params]> = [
  ["private/AddOrder", limit],
  ["private/AddOrder", { ...limit, userref: 7 }],
  ["private/AddOrder", { ...limit, cl_ord_id: "named" }],
  ["private/AddOrderBatch", { pair, orders: [order, { ...order, volume: "0.02" }] }],
  ["private/EditOrder", { pair, txid: openOrderIds.plain, price: "99000" }],
  ["private/AmendOrder", { txid: openOrderIds.plain, limit_price: "99000" }]
]

/** Makes the look-ups after one and four seconds get no answer. */
const loseTwoLookUps = (endpoint: WriteEndpoint) => (fake: FakeKraken) => {
  const first = endpoint === "private/AmendOrder" ? "private/QueryOrders" : "private/OpenOrders"
  fake.misbehave(first, ...Array.from({ length: 6 }, () => Fault.dropBefore))
}

describe("before a write is settled as not placed", () => {
  it.effect.each(writes)("two look-ups have to be empty: %s is listed late, but found", ([endpoint, params]) =>
    Effect.gen(function* () {
      const { answer, made } = yield* attempt(endpoint, params, Fault.listedLate(7400, Fault.dropAfter))
      assert.isNotEmpty(made)
      assert.isDefined(Either.getOrThrow(answer).settled)
    })
  )

  it.effect.each(writes)(
    "an earlier look-up with a later nonce has to be answered: %s arrives just before it",
    ([endpoint, params]) =>
      Effect.gen(function* () {
        const late = Fault.straggling(6900, Fault.listedLate(1900, Fault.dropAfter))
        // Kraken's engine uses another clock than its answers show, and accepts the order for longer than we can know.
        const { ending, made } = yield* attempt(endpoint, params, late, loseTwoLookUps(endpoint), 20_000)
        assert.isNotEmpty(made)
        assert.notStrictEqual(ending, "KrakenNotPlaced")
      })
  )

  it.effect.each(writes)("%s is refused for its nonce if it arrives after that look-up", ([endpoint, params]) =>
    Effect.gen(function* () {
      const { answer, fake, made } = yield* attempt(endpoint, params, Fault.straggling(2000, Fault.dropAfter))
      assert.deepStrictEqual(made, [])
      assert.strictEqual(failure(answer)._tag, "KrakenNotPlaced")
      assert.include(
        fake.seen.filter((seen) => seen.endpoint === endpoint).map(({ outcome }) => outcome),
        "EAPI:Invalid nonce"
      )
    })
  )

  it.effect.each(writes)(
    "its deadline has to pass on our clock as well: %s is found although Dates are ahead",
    ([to, params]) =>
      Effect.gen(function* () {
        const late = Fault.listedLate(6500, Fault.dropAfter)
        const { ending, made } = yield* attempt(to, params, late, (fake) =>
          // Too little for the clock to be in doubt.
          fake.misbehave("*", ...Array.from({ length: 50 }, () => Fault.wrongDate(2500)))
        )
        assert.isNotEmpty(made)
        assert.notStrictEqual(ending, "KrakenNotPlaced")
      })
  )
})

describe("an order of the same userref and terms", () => {
  const named = { ...limit, userref: 7 }

  it.effect("is found if it was sent with another name of its pair", () =>
    Effect.gen(function* () {
      const sent = { ...named, pair: "XXBTZUSD" }
      const { answer, made } = yield* attempt("private/AddOrder", sent, Fault.dropAfter)
      assert.deepInclude(Either.getOrThrow(answer).result, { txid: made })
    })
  )

  it.effect("of another pair is not taken for it", () =>
    Effect.gen(function* () {
      const { ending } = yield* attempt("private/AddOrder", named, Fault.dropBefore, (fake) => {
        fake.orders.add({ ...named, pair: "ETHUSD" }, { now: Date.UTC(2026, 0) })
      })
      assert.strictEqual(ending, "KrakenNotPlaced")
    })
  )
})

describe("a withdrawal of another program is not taken for a lost one", () => {
  const withdrawal = { asset: "XBT", key: "btc-wallet-1", amount: "0.5" }

  it.effect.each([
    ["at the same time, and the amount differs", { amount: "0.6" }, 0],
    ["at the same time, and the address differs", { asset: "ZUSD", key: "usd-bank" }, 0],
    ["with the same terms, half a minute before", {}, 30_000],
    ["with the same terms, minutes before", {}, 300_000]
  ] as const)("%s", ([, other, age]) =>
    Effect.gen(function* () {
      const { answer } = yield* attempt("private/Withdraw", withdrawal, Fault.dropBefore, (fake) => {
        const now = Date.UTC(2026, 0) - age
        fake.withdrawals.add({ ...withdrawal, ...other }, { now, listedAfter: age + 500 })
      })
      assert.strictEqual(failure(answer)._tag, "KrakenOutcomeUnknown")
    })
  )

  it.effect("and does not hide one that was carried out", () =>
    Effect.gen(function* () {
      const { answer, made } = yield* attempt("private/Withdraw", withdrawal, Fault.dropAfter, (fake) => {
        fake.withdrawals.add({ ...withdrawal, amount: "0.6" }, { now: Date.UTC(2026, 0), listedAfter: 500 })
      })
      assert.deepStrictEqual([Either.getOrThrow(answer).result], [{ refid: made[0] }])
    })
  )
})
