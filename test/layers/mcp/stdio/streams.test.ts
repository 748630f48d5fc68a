import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Option } from "effect"
import { PassThrough, Writable } from "node:stream"
import { makeLineWriter, makeReader } from "../../../../src/layers/mcp/stdio/streams.ts"

describe("a reader", () => {
  it.scoped("takes bytes from the stream only when it reads", () =>
    Effect.gen(function* () {
      const input = new PassThrough()
      const { read } = yield* makeReader(input)
      input.write("one")
      assert.strictEqual(input.readableLength, 3)
      assert.strictEqual(String(yield* read), "one")
      input.write("two")
      assert.strictEqual(input.readableLength, 3)
      input.end()
      assert.strictEqual(String(yield* read), "two")
      assert.isUndefined(yield* read)
      assert.isUndefined(yield* read)
    })
  )

  it.scoped("waits for later bytes, and ends when the stream breaks", () =>
    Effect.gen(function* () {
      const input = new PassThrough()
      const { read } = yield* makeReader(input)
      const later = yield* Effect.fork(read)
      yield* Effect.yieldNow()
      input.write("late")
      assert.strictEqual(String(yield* Fiber.join(later)), "late")
      const never = yield* Effect.fork(read)
      yield* Effect.yieldNow()
      input.destroy(new Error("broken"))
      assert.isUndefined(yield* Fiber.join(never))
    })
  )
})

describe("a writer of lines", () => {
  it.scoped("waits while its reader does not keep up", () =>
    Effect.gen(function* () {
      const done: Array<() => void> = []
      const output = new Writable({ highWaterMark: 8, write: (_, __, callback) => void done.push(callback) })
      const writer = yield* makeLineWriter(output)
      yield* writer.ready
      writer.write("more than eight bytes")
      const waiting = yield* Effect.fork(writer.ready)
      const flushing = yield* Effect.fork(writer.flushed)
      yield* Effect.yieldNow()
      assert.isTrue(Option.isNone(yield* Fiber.poll(waiting)))
      assert.isTrue(Option.isNone(yield* Fiber.poll(flushing)))
      done.shift()?.()
      yield* Fiber.join(waiting)
      while (done.length > 0) done.shift()?.()
      yield* Fiber.join(flushing)
    })
  )

  it.scoped("does not wait when its reader has closed the stream", () =>
    Effect.gen(function* () {
      const output = new Writable({ highWaterMark: 1, write: () => undefined })
      const writer = yield* makeLineWriter(output)
      writer.write("never read")
      output.destroy(new Error("EPIPE"))
      yield* Effect.all([writer.closed, writer.ready, writer.flushed])
      writer.write("after the end")
    })
  )
})
