import { assert, describe, it } from "@effect/vitest"
import { Clock, Context, Effect, Exit, Fiber, Layer, Option, Redacted, Scope } from "effect"
import { NonceSourcePostgres } from "../../../../src/layers/kraken/nonces/NonceSourcePostgres.ts"
import { openPostgres } from "../../../../src/layers/storage/postgres.ts"
import type { LeavingIntent, Priority } from "../../../../src/services/KrakenClient.ts"
import { NonceSource } from "../../../../src/services/NonceSource.ts"
import { AccountName } from "../../../../src/services/Principal.ts"
import { makeDatabaseProxy } from "../../../databaseProxy.ts"
import { TestConfig } from "../../../doubles/TestConfig.ts"
import { holdTurn, leaveOnce, nextNonce } from "../../../doubles/turns.ts"
import { inPostgres, isPostgresMissing, newPostgresDatabase } from "../../../postgres.ts"

const key = Option.some({ key: Redacted.make("a key"), secret: Redacted.make(""), otp: Option.none() })

/** One more server on a database. */
const server = (url: Redacted.Redacted, passing: ReadonlyArray<Priority> = ["cancel"]) =>
  Effect.map(
    Layer.build(Layer.provide(NonceSourcePostgres(url, passing), TestConfig({ credentials: key }))),
    Context.get(NonceSource)
  )

const isRising = (nonces: ReadonlyArray<bigint>) => nonces.every((nonce, i) => i === 0 || nonce > (nonces[i - 1] ?? 0n))

describe.skipIf(isPostgresMissing)(`servers that share a key ${inPostgres}`, () => {
  it.scopedLive("use 300 turns at once one after the other, in the order of their nonces, and all of them get on", () =>
    Effect.gen(function* () {
      const url = yield* newPostgresDatabase
      const servers = yield* Effect.all([server(url), server(url), server(url)])
      const used: Array<{ readonly name: number; readonly nonce: bigint }> = []
      let [under, most] = [0, 0]
      yield* Effect.forEach(
        Array.from({ length: 300 }, (_, i) => i % 3),
        (name) =>
          servers[name]?.turn("read", ({ nonce }) =>
            Effect.gen(function* () {
              most = Math.max(most, ++under)
              used.push({ name, nonce })
              yield* Effect.yieldNow()
              under--
            })
          ) ?? Effect.void,
        { concurrency: "unbounded" }
      )
      assert.strictEqual(most, 1)
      assert.strictEqual(used.length, 300)
      assert.isTrue(isRising(used.map(({ nonce }) => nonce)))
      // None is served only after another one has no more calls.
      const half = new Set(used.slice(0, 30).map(({ name }) => name))
      assert.strictEqual(half.size, 3)
    })
  )

  it.scopedLive("keep each other out until a turn ends, also that of a server that vanished", () =>
    Effect.gen(function* () {
      const url = yield* newPostgresDatabase
      const proxy = yield* makeDatabaseProxy(url)
      const [one, other] = yield* Effect.all([server(proxy.url), server(url)])
      const scope = yield* Scope.make()
      const { nonce } = yield* Scope.extend(holdTurn(one), scope)
      const waiting = yield* Effect.fork(nextNonce(other))
      yield* proxy.cut
      yield* Scope.close(scope, Exit.void)
      assert.isTrue(Option.isNone(yield* Fiber.poll(waiting)))
      assert.isTrue((yield* Fiber.join(waiting)) > nonce)
    })
  )

  it.scopedLive("send nothing but cancels while the database is away, and go on once it is back", () =>
    Effect.gen(function* () {
      const proxy = yield* makeDatabaseProxy(yield* newPostgresDatabase)
      const [some, emergency] = yield* Effect.all([
        server(proxy.url),
        server(proxy.url, ["cancel", "settlement", "read"])
      ])
      const before = yield* nextNonce(some)
      yield* proxy.cut
      for (const priority of ["read", "write", "settlement"] as const) {
        const error = yield* Effect.flip(nextNonce(some, priority))
        assert.strictEqual(error._tag, "MayNotLeave")
        assert.notInclude(error.reason, "127.0.0.1")
      }
      assert.isTrue((yield* nextNonce(some, "cancel")) > before)
      assert.strictEqual((yield* Effect.flip(nextNonce(emergency, "write")))._tag, "MayNotLeave")
      yield* nextNonce(emergency, "read")
      yield* proxy.mend
      assert.isTrue((yield* nextNonce(some)) > before)
    })
  )

  it.scopedLive("read the nonces of a key that began while the database was away", () =>
    Effect.gen(function* () {
      const url = yield* newPostgresDatabase
      const proxy = yield* makeDatabaseProxy(url)
      yield* proxy.cut
      const source = yield* server(proxy.url)
      assert.strictEqual((yield* Effect.flip(nextNonce(source)))._tag, "MayNotLeave")
      yield* proxy.mend
      const others = yield* Effect.flatMap(server(url), nextNonce)
      assert.isTrue((yield* nextNonce(source)) > others)
    })
  )

  it.scopedLive("count on from nanoseconds of each other", () =>
    Effect.gen(function* () {
      const url = yield* newPostgresDatabase
      const [one, other] = yield* Effect.all([server(url), server(url)])
      yield* one.jump
      const nonce = yield* nextNonce(other)
      assert.isTrue(nonce > BigInt((yield* Clock.currentTimeMillis) - 60_000) * 1_000_000n)
      assert.isTrue((yield* nextNonce(one)) > nonce)
    })
  )
})

/** The columns of the record that the lane reads. */
const tables = `
  CREATE TABLE intents (seq BIGINT, endpoint TEXT, caller TEXT, state TEXT, leave_by BIGINT);
  CREATE TABLE leases (seq BIGINT, owner TEXT, until BIGINT);
  CREATE TABLE dropped (seq BIGINT);
  CREATE TABLE halt (halted BIGINT);
  CREATE TABLE mandates (token TEXT, subject TEXT, frozen_at BIGINT)`

describe.skipIf(isPostgresMissing)(`the request of an intent ${inPostgres}`, () => {
  const intent: LeavingIntent = {
    seq: 1,
    account: AccountName("kraken"),
    owner: "us",
    leaveBy: Infinity,
    mayLeave: Effect.succeed(true)
  }

  const made = Effect.gen(function* () {
    const url = yield* newPostgresDatabase
    const { execute } = yield* openPostgres(url)
    yield* execute(`${tables};
      INSERT INTO intents VALUES (1, 'private/AddOrder', 'local', 'open', ${(yield* Clock.currentTimeMillis) + 30_000}),
        (2, 'private/CancelOrder', 'local', 'open', ${(yield* Clock.currentTimeMillis) + 30_000});
      INSERT INTO leases VALUES (1, 'us', 1), (2, 'us', 1)`)
    return { execute, source: yield* server(url) }
  })

  it.scopedLive.each([
    ["another server took it over", "UPDATE leases SET owner = 'them'"],
    ["its lease was given up", "UPDATE leases SET until = 0"],
    ["its outcome is known", "UPDATE intents SET state = 'unknown'"],
    ["it was dropped", "INSERT INTO dropped VALUES (1)"],
    ["its time has passed", `UPDATE intents SET leave_by = 1`],
    ["all trading was stopped", "INSERT INTO halt VALUES (1)"],
    ["its caller was frozen", "INSERT INTO mandates VALUES ('local', 'local', 1)"],
    ["the record is not there", "DROP TABLE intents"]
  ] as const)("does not leave after %s", ([, change]) =>
    Effect.gen(function* () {
      const { execute, source } = yield* made
      yield* leaveOnce(source, intent, "write")
      yield* execute(change)
      assert.strictEqual((yield* Effect.flip(leaveOnce(source, intent, "write")))._tag, "MayNotLeave")
    })
  )

  it.scopedLive("passes a stop if it cancels", () =>
    Effect.gen(function* () {
      const { execute, source } = yield* made
      yield* execute("INSERT INTO halt VALUES (1)")
      yield* leaveOnce(source, { ...intent, seq: 2 }, "cancel")
    })
  )

  it.scopedLive("that waits for another server's turn does not leave after a stop", () =>
    Effect.gen(function* () {
      const url = yield* newPostgresDatabase
      const { execute } = yield* openPostgres(url)
      yield* execute(`${tables};
        INSERT INTO intents VALUES (1, 'private/AddOrder', 'local', 'open', ${(yield* Clock.currentTimeMillis) + 30_000});
        INSERT INTO leases VALUES (1, 'us', 1)`)
      const [source, other] = yield* Effect.all([server(url), server(url)])
      yield* holdTurn(other)
      const waiting = yield* Effect.fork(leaveOnce(source, intent, "write"))
      yield* Effect.yieldNow()
      yield* execute("INSERT INTO halt VALUES (1)")
      assert.strictEqual((yield* Effect.flip(Fiber.join(waiting)))._tag, "MayNotLeave")
    })
  )
})
