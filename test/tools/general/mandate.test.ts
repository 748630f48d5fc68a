import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Option, TestClock } from "effect"
import { CallBudgetInMemory } from "../../../src/layers/access/CallBudgetSql.ts"
import { operator } from "../../../src/layers/access/principals.ts"
import { RecordInMemory } from "../../../src/layers/access/record/RecordSql.ts"
import { MandatesSql } from "../../../src/layers/access/mandates/MandatesSql.ts"
import { RecordSql } from "../../../src/layers/access/record/RecordSql.ts"
import type { Mandate } from "../../../src/domain/mandates/mandate.ts"
import { Policy } from "../../../src/services/Policy.ts"
import { Principal } from "../../../src/services/Principal.ts"
import { Record } from "../../../src/services/Record.ts"
import { freezeMyToken, getMyMandate } from "../../../src/tools/general/mandate.ts"
import { TestConfig } from "../../doubles/TestConfig.ts"
import { TestKraken } from "../../doubles/TestKraken.ts"
import { terms } from "../../doubles/TestMandate.ts"
import { TestPolicy } from "../../doubles/TestPrincipal.ts"
import { temporaryFolder } from "../../temporaryFolder.ts"

const services = Layer.mergeAll(TestKraken({}), RecordInMemory, CallBudgetInMemory)

/** Runs an effect for the user who started the process, under a mandate or none. */
const under = (changes: Partial<Mandate> | undefined) =>
  Effect.provideService(
    Principal,
    operator(
      "live",
      Option.map(Option.fromNullable(changes), (changes) => ({ subject: "local", revision: 3, terms: terms(changes) }))
    )
  )

/** An order that is open and can take 60 dollars. */
const openOrder = {
  endpoint: "private/AddOrder",
  params: { pair: "XBTUSD" },
  fingerprints: [],
  claim: {
    subject: "local",
    revision: 3,
    spends: [
      {
        kind: "order",
        asset: "USD",
        amount: "60",
        gets: "BTC",
        counts: [{ scope: "local", bucket: "USD", rate: "1" }],
        order: { index: 0, pair: "BTC/USD", type: "buy", volume: "0.001", price: "60000", reduces: false }
      }
    ]
  }
} as const

describe("get_my_mandate", () => {
  it.scoped("shows the rights of the caller, and what is used and left of each limit", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(Date.parse("2026-11-29T12:00:00Z"))
      yield* Effect.flatMap(Record, (record) => record.begin(openOrder, { repeat: false }))
      const own = yield* getMyMandate.run({})
      assert.strictEqual(own.revision, 3)
      assert.deepInclude(own.terms, { access: "trade", capital: { amount: "500", asset: "USD" } })
      assert.strictEqual(own.rights?.["access"], "trade")
      assert.deepStrictEqual(own.limits, [
        {
          layer: "mandate",
          limit: "max/day",
          unit: "USD",
          allowed: "200",
          used: "60",
          left: "140"
        },
        { layer: "mandate", limit: "max-open", unit: "open orders", allowed: "2", used: "1", left: "1" },
        { layer: "mandate", limit: "rate", unit: "writes a minute", allowed: "10", used: "1", left: "9" },
        { layer: "mandate", limit: "calls/min", unit: "calls", allowed: "60", used: "0", left: "60" }
      ])
      assert.deepStrictEqual(own.owned, { USD: { amount: "500", reserved: "60" } })
      assert.deepInclude(own, { open_orders: 1, writes_last_minute: 1 })
      assert.notProperty(own, "frozen")
    }).pipe(
      under({
        spending: { currency: "USD", max: { day: "200" } },
        capital: { amount: "500", asset: "USD" },
        maxOpen: 2,
        rate: 10,
        calls: { min: 60 }
      }),
      Effect.provide(services)
    )
  )

  const most = {
    spending: { currency: "USD", max: { day: "200" } },
    maxOpen: 2,
    rate: 10,
    calls: { min: 60 },
    withdraw: { A: { amount: "5", asset: "USD", per: "day" } }
  } as const
  it.scoped.each<[access: Mandate["access"], limits: Array<string>]>([
    ["read", ["calls/min"]],
    ["trade", ["max/day", "max-open", "rate", "calls/min"]],
    ["full", ["max/day", "withdraw A/day", "max-open", "rate", "calls/min"]]
  ])("lists only the limits that access %s leaves in effect", ([access, limits]) =>
    Effect.gen(function* () {
      const own = yield* getMyMandate.run({})
      assert.deepStrictEqual(
        own.limits.map(({ limit }) => limit),
        limits
      )
    }).pipe(under({ ...most, access }), Effect.provide(services))
  )

  it.scoped("says that a caller has no limits of its own, and shows those that all share", () =>
    Effect.gen(function* () {
      const own = yield* getMyMandate.run({})
      assert.isDefined(own.note)
      assert.notProperty(own, "rights")
      assert.deepStrictEqual(own.limits, [
        { layer: "server", limit: "max/day", unit: "USD", allowed: "1000", used: "0", left: "1000" }
      ])
    }).pipe(
      Effect.provideServiceEffect(
        Policy,
        Effect.provide(
          Policy,
          TestPolicy({
            serverLimits: Option.some({ spending: { currency: "USD", max: { day: "1000" } }, ask: { kinds: [] } })
          })
        )
      ),
      under(undefined),
      Effect.provide(services)
    )
  )
})

describe("freeze_my_token", () => {
  it.scoped("stops the writes of its caller, which then sees why", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const kept = Layer.merge(MandatesSql, RecordSql).pipe(Layer.provide(TestConfig({ stateDir: folder })))
      yield* Effect.gen(function* () {
        yield* freezeMyToken.run({ reason: "odd orders" })
        const record = yield* Record
        const admission = yield* record.begin(openOrder, { repeat: false })
        assert.strictEqual(admission._tag === "NoRoom" && admission.refusal._tag, "Frozen")
        const cancel = { endpoint: "private/CancelOrder", params: { txid: "O1" }, fingerprints: [] } as const
        assert.strictEqual((yield* record.begin(cancel, { repeat: false }))._tag, "Begun")
        const { frozen } = yield* getMyMandate.run({})
        assert.deepInclude(frozen, { scope: "caller", by: "local", reason: "odd orders" })
      }).pipe(under({}), Effect.provide(Layer.mergeAll(TestKraken({}), CallBudgetInMemory, kept)))
    })
  )
})
