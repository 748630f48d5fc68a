import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, Redacted } from "effect"
import type { Params, WriteEndpoint } from "../../../../src/domain/endpoints/endpoints.ts"
import { administer } from "../../../../src/exchange/rest/admin.ts"
import { makeRestExchange } from "../../../../src/exchange/rest/seedAccount.ts"
import { makeCredentials } from "../../../../src/layers/exchange/keys.ts"
import { KrakenWriter } from "../../../../src/services/KrakenWriter.ts"
import { PermissionCache } from "../../../../src/services/PermissionCache.ts"
import { handledBy } from "../../../doubles/handledBy.ts"
import * as Fault from "../../../doubles/fake/Faults.ts"
import { inProcess } from "../../../doubles/fake/InProcess.ts"
import { makeVirtualClock } from "../../../doubles/fake/VirtualClock.ts"
import { makeAccount, openOrderIds, writerOver } from "../../../properties/runScenario.ts"
import { failure, limit } from "../../../doubles/WriterAccount.ts"

const { pair, ...order } = limit

/** Writes that can end in `KrakenNotPlaced`, without an id of the caller. */
const writes: ReadonlyArray<readonly [WriteEndpoint, Params]> = [
  ["private/AddOrder", limit],
  ["private/AddOrder", { ...limit, ordertype: "market", price: undefined }],
  ["private/AddOrderBatch", { pair, orders: [order, { ...order, volume: "0.02" }] }],
  ["private/EditOrder", { pair, txid: openOrderIds.plain, price: "99000" }],
  ["private/AmendOrder", { txid: openOrderIds.plain, limit_price: "99000" }]
]

/** The same with an id of the caller, which other orders can have as well. */
const named: typeof writes = [
  ["private/AddOrder", { ...limit, cl_ord_id: "mine too" }],
  ["private/AddOrder", { ...limit, userref: 7 }],
  [
    "private/AddOrderBatch",
    {
      pair,
      orders: [
        { ...order, userref: 7 },
        { ...order, volume: "0.02", userref: 8 }
      ]
    }
  ],
  ["private/EditOrder", { pair, txid: openOrderIds.plain, price: "99000", userref: 7 }]
]

/** Changes of the clocks while a write is in flight, in milliseconds. */
const clockChanges = {
  "Kraken's clock is put forward": { theirs: 120_000 },
  "Kraken's clock is set back": { theirs: -90_000 },
  "our clock is set back": { ours: -90_000 },
  "our clock is put forward": { ours: 90_000 },
  "one answer's Date is 90 s ahead": { dates: [90_000] },
  "one answer's Date is 90 s behind": { dates: [-90_000] },
  "every answer's Date is 90 s ahead": { dates: Array.from({ length: 50 }, () => 90_000) }
} satisfies Record<string, ClockChange>

interface ClockChange {
  readonly theirs?: number
  readonly ours?: number
  /** Milliseconds by which the `Date` of the next answers is ahead. */
  readonly dates?: ReadonlyArray<number>
}

/** Sends a write that meets a fault, and changes the clocks 400 ms later. */
const attempt = (
  endpoint: WriteEndpoint,
  params: Params,
  fault: Fault.Fault,
  { dates = [], ours = 0, theirs = 0 }: ClockChange
) => {
  const fake = makeAccount({ key: "full", skew: 0 })
  const clock = makeVirtualClock()
  const run = Effect.gen(function* () {
    yield* Effect.flatMap(PermissionCache, ({ known }) => known)
    fake.misbehave(endpoint, fault)
    const jump = Effect.zipRight(
      clock.setWall(ours),
      Effect.sync(() => {
        fake.state.skew += theirs
        fake.misbehave("*", ...dates.map(Fault.wrongDate))
      })
    )
    yield* Effect.fork(Effect.delay(jump, 400))
    const writer = yield* KrakenWriter
    return { answer: yield* Effect.either(writer.send(endpoint, params)), done: fake.journal.slice(2) }
  }).pipe(Effect.provide(writerOver(inProcess(fake), fake.keys.full)))
  return Effect.promise(() => clock.run(run))
}

describe("while clocks are set", () => {
  describe.each(Object.entries(clockChanges))("%s:", (_, change: ClockChange) => {
    it.effect.each(writes)("an accepted %s is found by its id", ([endpoint, params]) =>
      Effect.gen(function* () {
        const { answer, done } = yield* attempt(endpoint, params, Fault.dropAfter, change)
        assert.lengthOf(done, 1)
        if (endpoint === "private/AmendOrder") return assert.strictEqual(failure(answer)._tag, "KrakenOutcomeUnknown")
        const { orders, txid } = Either.getOrThrow(answer).result as Record<string, unknown>
        const found = [txid ?? (orders as ReadonlyArray<{ txid: string }>).map((row) => row.txid)].flat()
        assert.includeMembers([...(done[0]?.ids ?? [])], found)
        assert.isNotEmpty(found)
      })
    )

    it.effect.each(named)("an accepted %s with an id of the caller stays unknown", ([endpoint, params]) =>
      Effect.gen(function* () {
        const { answer, done } = yield* attempt(endpoint, params, Fault.dropAfter, change)
        assert.lengthOf(done, 1)
        assert.strictEqual(failure(answer)._tag, "KrakenOutcomeUnknown")
      })
    )

    it.effect.each([...writes, ...named])("a lost %s stays unknown", ([endpoint, params]) =>
      Effect.gen(function* () {
        const { answer, done } = yield* attempt(endpoint, params, Fault.dropBefore, change)
        assert.deepStrictEqual(done, [])
        assert.strictEqual(failure(answer)._tag, "KrakenOutcomeUnknown")
      })
    )
  })

  it.effect.each([...writes, ...named])(
    "a lost %s is settled as not placed if no clock was set",
    ([endpoint, params]) =>
      Effect.gen(function* () {
        const { answer } = yield* attempt(endpoint, params, Fault.dropBefore, {})
        assert.strictEqual(failure(answer)._tag, "KrakenNotPlaced")
      })
  )

  /** Sends an order that meets a fault to the simulated exchange, and makes the call `meanwhile` 400 ms later. */
  const onExchange = (fault: object, meanwhile?: readonly [path: string, body: object]) => {
    const clock = makeVirtualClock()
    const rest = makeRestExchange(Date.UTC(2026, 0), { seed: 1, rateLimits: false }, makeCredentials(1))
    const [key] = [...rest.keys.values()].filter(({ name }) => name === "full")
    const administered = (path: string, body: object) =>
      administer(
        rest,
        { method: "POST", path, query: "", headers: {}, body: Buffer.from(JSON.stringify(body)) },
        rest.exchange.now
      )
    const before = new Set(rest.exchange.orders.keys())
    const run = Effect.gen(function* () {
      yield* Effect.flatMap(PermissionCache, ({ known }) => known)
      administered("/admin/faults", { endpoint: "AddOrder", ...fault })
      if (meanwhile !== undefined) {
        const later = Effect.sync(() => administered(...meanwhile))
        yield* Effect.fork(Effect.delay(later, 400))
      }
      const writer = yield* KrakenWriter
      const answer = yield* Effect.either(writer.send("private/AddOrder", { ...limit, price: "#20%" }))
      yield* Effect.sleep("1 minute")
      return { answer, made: [...rest.exchange.orders.keys()].filter((txid) => !before.has(txid)) }
    }).pipe(
      Effect.provide(
        writerOver(inProcess({ handle: handledBy(rest) }), {
          key: key?.key ?? "",
          secret: Redacted.value(key?.secret ?? Redacted.make(""))
        })
      )
    )
    return Effect.promise(() => clock.run(run))
  }

  it.effect.each([
    ["its clock is put forward", { kind: "drop-after-accept" }, ["/admin/advance", { seconds: 120 }]],
    [
      "one answer's Date is wrong",
      { kind: "drop-after-accept" },
      ["/admin/faults", { endpoint: "*", kind: "wrong-date", seconds: 90 }]
    ],
    ["it is listed late", { kind: "list-late", seconds: 7 }, undefined]
  ] as const)("an order is found on a simulated exchange although %s", ([, fault, meanwhile]) =>
    Effect.gen(function* () {
      const { answer, made } = yield* onExchange(fault, meanwhile)
      assert.lengthOf(made, 1)
      assert.deepInclude(Either.getOrThrow(answer).result, { txid: made })
    })
  )

  it.effect("an order that reaches a simulated exchange after a look-up is not placed", () =>
    Effect.gen(function* () {
      const { answer, made } = yield* onExchange({ kind: "arrive-late", seconds: 2 })
      assert.strictEqual(failure(answer)._tag, "KrakenNotPlaced")
      assert.deepStrictEqual(made, [])
    })
  )
})
