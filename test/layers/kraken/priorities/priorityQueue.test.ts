import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { makePriorityQueue } from "../../../../src/layers/kraken/priorities/priorityQueue.ts"

/** Starts a fiber that waits for its turn and then notes its name. It stays in the queue until it is told to leave. */
const wait = (queue: ReturnType<typeof makePriorityQueue<string>>, served: Array<string>) =>
  Effect.fnUntraced(function* (priority: "cancel" | "write" | "read", name: string) {
    const waiter = queue.enter(priority, name)
    const fiber = yield* Effect.fork(
      Effect.zipRight(
        queue.untilFirst(waiter),
        Effect.sync(() => served.push(name))
      )
    )
    yield* Effect.yieldNow()
    return { fiber, leave: Effect.zipRight(queue.leave(waiter), Effect.yieldNow()) }
  })

describe("a priority queue", () => {
  it.effect("serves the most urgent waiter first, and equals in the order of arrival", () =>
    Effect.gen(function* () {
      const served: Array<string> = []
      const enter = wait(makePriorityQueue<string>({ canOvertakeFirst: false }), served)
      const waiters = [
        yield* enter("read", "first"),
        yield* enter("cancel", "cancel"),
        yield* enter("write", "write 1"),
        yield* enter("write", "write 2")
      ]
      yield* enter("read", "last")
      for (const { leave } of waiters) yield* leave
      assert.deepStrictEqual(served, ["first", "cancel", "write 1", "write 2", "last"])
    })
  )

  it.each([true, false])("lets an urgent waiter overtake the first one only if it can be overtaken: %s", (can) => {
    const queue = makePriorityQueue<string>({ canOvertakeFirst: can })
    queue.enter("read", "read")
    const cancel = queue.enter("cancel", "cancel")
    assert.strictEqual(queue.isFirst(cancel), can)
    assert.deepStrictEqual(queue.before("read"), can ? ["cancel", "read"] : ["read", "cancel"])
  })

  it.effect("wakes up the next waiter when one leaves unserved", () =>
    Effect.gen(function* () {
      const served: Array<string> = []
      const enter = wait(makePriorityQueue<string>({ canOvertakeFirst: false }), served)
      const first = yield* enter("write", "first")
      const interrupted = yield* enter("write", "interrupted")
      yield* enter("read", "next")
      yield* Fiber.interrupt(interrupted.fiber)
      yield* interrupted.leave
      yield* first.leave
      assert.deepStrictEqual(served, ["first", "next"])
    })
  )
})
