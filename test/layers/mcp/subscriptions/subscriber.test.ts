import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, PubSub, Scope, Stream, TestClock } from "effect"
import type { Watch, Watched } from "../../../../src/layers/mcp/protocol/serverDefinition.ts"
import { makeSubscriber, makeSubscriptionQuota } from "../../../../src/layers/mcp/subscriptions/subscriber.ts"
import { bearerOf } from "../../../doubles/TestPrincipal.ts"

/** Makes a subscriber to resources that a test changes, and collects what it is told. */
const make = Effect.gen(function* () {
  const changes = yield* PubSub.sliding<number>({ capacity: 1, replay: 1 })
  const state = { verdict: "allowed" as Effect.Effect.Success<Watched["check"]>, isBehind: false, watched: 0 }
  const told: Array<string> = []
  let version = 0
  const change = Effect.suspend(() => PubSub.publish(changes, version++))
  yield* change
  const watch: Watch = () =>
    Effect.sync(() => ({
      forEachChange: (use) =>
        Effect.acquireUseRelease(
          Effect.sync(() => state.watched++),
          () => Stream.runForEachWhile(Stream.fromPubSub(changes), use),
          () => Effect.sync(() => state.watched--)
        ),
      check: Effect.sync(() => state.verdict)
    }))
  const quota = makeSubscriptionQuota()
  const ready = Effect.repeat(
    Effect.delay(
      Effect.sync(() => state.isBehind),
      "200 millis"
    ),
    { while: (behind) => behind }
  )
  const subscriber = (caller: string) =>
    makeSubscriber({ principal: bearerOf(caller), watch, quota, ready, tell: (uri) => void told.push(uri) })
  /** Lets all fibers go on for a time. */
  const pass = (time: number) => Effect.repeatN(TestClock.adjust(time / 10), 9)
  return { change, pass, state, subscriber, told }
})

const subscribeMany = Effect.fnUntraced(function* (
  { subscribe }: Effect.Effect.Success<ReturnType<typeof makeSubscriber>>,
  count: number
) {
  const exits = yield* Effect.forEach(Array.from({ length: count }).keys(), (n) => Effect.either(subscribe(`r${n}`)))
  return exits.filter(({ _tag }) => _tag === "Right").length
})

describe("a subscriber", () => {
  it.scoped("is told of changes only, at most two a second", () =>
    Effect.gen(function* () {
      const { change, pass, subscriber, told } = yield* make
      const { subscribe } = yield* subscriber("a")
      yield* subscribe("r")
      yield* pass(2000)
      assert.deepStrictEqual(told, [])
      for (let n = 0; n < 100; n++) {
        yield* change
        yield* TestClock.adjust(10)
      }
      yield* pass(5000)
      assert.strictEqual(told.length, 3)
    })
  )

  it.scoped("that does not keep up is told of many changes once", () =>
    Effect.gen(function* () {
      const { change, pass, state, subscriber, told } = yield* make
      const { subscribe } = yield* subscriber("a")
      yield* subscribe("r")
      state.isBehind = true
      for (let n = 0; n < 10; n++) {
        yield* change
        yield* pass(1000)
      }
      assert.deepStrictEqual(told, [])
      state.isBehind = false
      yield* pass(5000)
      // The change that waited, and the newest one after it.
      assert.deepStrictEqual(told, ["r", "r"])
    })
  )

  it.scoped("has at most 50 subscriptions, and its caller 100", () =>
    Effect.gen(function* () {
      const { pass, state, subscriber } = yield* make
      const scope = yield* Scope.make()
      const first = yield* Scope.extend(subscriber("a"), scope)
      assert.strictEqual(yield* subscribeMany(first, 1000), 50)
      yield* first.subscribe("r1")
      const refused = yield* Effect.flip(first.subscribe("one more"))
      assert.strictEqual(refused.code, -32000)
      assert.strictEqual(yield* subscribeMany(yield* subscriber("a"), 1000), 50)
      assert.strictEqual(yield* subscribeMany(yield* subscriber("a"), 1000), 0)
      assert.strictEqual(yield* subscribeMany(yield* subscriber("b"), 1000), 50)
      yield* Scope.close(scope, Exit.void)
      yield* pass(10)
      assert.strictEqual(state.watched, 100)
      assert.strictEqual(yield* subscribeMany(yield* subscriber("a"), 1000), 50)
    })
  )

  it.scoped("hears nothing while its token can't be checked, and loses what it may no longer read", () =>
    Effect.gen(function* () {
      const { change, pass, state, subscriber, told } = yield* make
      const { isEmpty, subscribe } = yield* subscriber("a")
      yield* subscribe("r")
      state.verdict = "unknown"
      yield* change
      yield* pass(1000)
      assert.deepStrictEqual([told.length, state.watched], [0, 1])
      state.verdict = "lost"
      yield* change
      yield* pass(1000)
      yield* isEmpty
      assert.deepStrictEqual([told.length, state.watched], [0, 0])
    })
  )

  it.scoped("loses what it may no longer read without any change", () =>
    Effect.gen(function* () {
      const { pass, state, subscriber } = yield* make
      const { isEmpty, subscribe } = yield* subscriber("a")
      yield* subscribe("r")
      state.verdict = "lost"
      yield* pass(31_000)
      yield* isEmpty
      assert.strictEqual(state.watched, 0)
    })
  )

  it.scoped("stops watching when it unsubscribes", () =>
    Effect.gen(function* () {
      const { change, pass, state, subscriber, told } = yield* make
      const { subscribe, unsubscribe } = yield* subscriber("a")
      yield* Effect.all([subscribe("r"), subscribe("s"), unsubscribe("never subscribed")])
      yield* unsubscribe("r")
      assert.strictEqual(state.watched, 1)
      yield* change
      yield* pass(1000)
      assert.deepStrictEqual(told, ["s"])
    })
  )
})
