import { assert, it } from "@effect/vitest"
import { Effect, Option, Redacted, TestClock } from "effect"
import { alertLimits } from "../../../../src/domain/alerts/alert.ts"
import { AlertsSql } from "../../../../src/layers/access/alerts/AlertsSql.ts"
import { freeze } from "../../../../src/layers/access/mandates/administer.ts"
import { Alerts } from "../../../../src/services/Alerts.ts"
import type { Config } from "../../../../src/services/Config.ts"
import { as } from "../../../doubles/TestPrincipal.ts"
import { describeInEachHome, type Home } from "../../../homes.ts"

const day = 86_400_000
const price = (above: string) => ({ _tag: "Price", pair: "BTC/USD", above }) as const
const options = { since: 5, lifetime: day }

/** Opens the alerts of a home, as another process would. */
const open = ({ start }: Home, changes: Partial<typeof Config.Service> = {}) => start(Alerts, AlertsSql, changes)

describeInEachHome("alerts beside the record", (makeHome) => {
  it.scoped("belong to their caller, their account and their mode, and survive a restart", () =>
    Effect.gen(function* () {
      const home = yield* makeHome
      const alerts = yield* open(home)
      const made = yield* as("one")(alerts.create(price("10"), options))
      assert.deepStrictEqual(made, { id: 1, condition: price("10"), createdAt: 0, expiresAt: day })
      const restarted = yield* open(home)
      assert.deepStrictEqual(yield* as("one")(restarted.list), [made])
      assert.deepStrictEqual(yield* as("two")(restarted.list), [])
      assert.isFalse(yield* as("two")(restarted.remove(1)))
      const onPaper = yield* open(home, { mode: "paper" })
      assert.deepStrictEqual(yield* as("one", "paper")(onPaper.list), [])
      assert.deepStrictEqual(yield* onPaper.watched, [])
      assert.deepInclude((yield* restarted.watched)[0], { id: 1, caller: "one", since: 5, watchedAt: 5 })
      assert.isTrue(yield* as("one")(restarted.remove(1)))
      assert.deepStrictEqual(yield* as("one")(alerts.list), [])
    })
  )

  it.scoped("are made once, however often they are asked for", () =>
    Effect.gen(function* () {
      const alerts = yield* open(yield* makeHome)
      const made = [
        yield* as("one")(alerts.create(price("10"), options)),
        yield* as("one")(alerts.create(price("10"), options))
      ]
      assert.deepStrictEqual(
        made.map(({ id }) => id),
        [1, 1]
      )
      yield* alerts.fire(1, {})
      assert.strictEqual((yield* as("one")(alerts.create(price("10"), options))).id, 2)
    })
  )

  it.scoped("fire once, in one of several processes, and are told once", () =>
    Effect.gen(function* () {
      const home = yield* makeHome
      const [one, other] = [yield* open(home), yield* open(home)]
      yield* as("one")(one.create(price("10"), options))
      const fired = { value: "11", bound: "above" } as const
      const claims = yield* Effect.all([one.fire(1, fired), other.fire(1, fired), one.fire(1, fired)], {
        concurrency: 3
      })
      assert.lengthOf(
        claims.filter((isOurs) => isOurs),
        1
      )
      assert.deepStrictEqual(yield* other.watched, [])
      const taken = yield* Effect.all([as("one")(one.take), as("one")(other.take)], { concurrency: 2 })
      assert.lengthOf(
        taken.flatMap(({ fired }) => fired),
        1
      )
      assert.deepInclude((yield* as("one")(other.list))[0], { fired: { ...fired, at: 0 } })
    })
  )

  it.scoped("are at most 20 of a caller, 200 of all of a Kraken account", () =>
    Effect.gen(function* () {
      const home = yield* makeHome
      const alerts = yield* open(home)
      const make = (caller: string, count: number) =>
        Effect.forEach(
          Array.from({ length: count }, (_, n) => String(n + 1)),
          (above) => as(caller)(alerts.create(price(above), options))
        )
      for (let n = 0; n < alertLimits.inAll / alertLimits.perCaller; n++) yield* make(`c${n}`, alertLimits.perCaller)
      const tooMany = yield* Effect.flip(as("c0")(alerts.create(price("99"), options)))
      assert.deepInclude(tooMany, { _tag: "TooManyAlerts", of: "caller", limit: 20 })
      assert.deepInclude(yield* Effect.flip(make("another", 1)), { _tag: "TooManyAlerts", of: "all", limit: 200 })
      const { key, secret } = { key: Redacted.make("other"), secret: Redacted.make("") }
      const ofOther = yield* open(home, { credentials: Option.some({ key, secret, otp: Option.none() }) })
      yield* as("another")(ofOther.create(price("1"), options))
      yield* alerts.drop("c0")
      yield* make("another", 1)
    })
  )

  it.scoped("expire, and stay listed for a week, at most 20 of a caller", () =>
    Effect.gen(function* () {
      const alerts = yield* open(yield* makeHome)
      for (let n = 1; n <= 25; n++) {
        const { id } = yield* as("one")(alerts.create(price(String(n)), options))
        yield* TestClock.adjust(1)
        if (n < 25) yield* alerts.fire(id, {})
      }
      assert.deepStrictEqual(
        (yield* as("one")(alerts.list)).map(({ id }) => id),
        [25, ...Array.from({ length: 20 }, (_, n) => 24 - n)]
      )
      yield* TestClock.adjust(day)
      assert.isFalse(yield* alerts.fire(25, {}))
      assert.deepStrictEqual(yield* alerts.watched, [])
      assert.strictEqual((yield* as("one")(alerts.take)).waiting, 0)
      yield* TestClock.adjust(7 * day)
      assert.deepStrictEqual(yield* as("one")(alerts.list), [])
    })
  )

  it.scoped("rest while their caller is frozen, who can make no new ones", () =>
    Effect.gen(function* () {
      const home = yield* makeHome
      const alerts = yield* open(home)
      yield* as("one")(alerts.create(price("10"), options))
      yield* as("two")(alerts.create(price("10"), options))
      const { write } = yield* home.database
      yield* write(({ wall }) => freeze(wall, { caller: "one", frozen: true, reason: "odd" }))
      assert.deepStrictEqual(
        (yield* alerts.watched).map(({ caller }) => caller),
        ["two"]
      )
      assert.deepInclude(yield* Effect.flip(as("one")(alerts.create(price("11"), options))), {
        _tag: "Frozen",
        scope: "caller"
      })
      assert.lengthOf(yield* as("one")(alerts.list), 1)
      yield* write(({ wall }) => freeze(wall, { caller: "one", frozen: false }))
      assert.lengthOf(yield* alerts.watched, 2)
    })
  )
})
