import { Effect, type Fiber, FiberId } from "effect"
import type { ServerResponse } from "node:http"
import { eventStream } from "./reply.ts"

/** Proxies close what stays silent; a comment now and then keeps a stream open. */
const keepAlive = "15 seconds"

/**
 * Writes events ahead of the answer: the first opens the stream, which stays open until the answer. What `watch`
 * makes runs for as long as the stream is open; most requests open none.
 */
export const makeEmit =
  (
    response: ServerResponse,
    run: (effect: Effect.Effect<void>) => Fiber.RuntimeFiber<void>,
    watch: () => Effect.Effect<void>
  ) =>
  (event: string): void => {
    if (response.destroyed) return
    if (!response.headersSent) {
      response.writeHead(200, eventStream)
      const fibers = [run(Effect.forever(Effect.delay(writeComment(response), keepAlive))), run(watch())]
      response.once("close", () => {
        for (const fiber of fibers) fiber.unsafeInterruptAsFork(FiberId.none)
      })
    }
    response.write(event)
  }

const writeComment = (response: ServerResponse) =>
  Effect.sync(() => {
    if (!response.writableEnded) response.write(": keep-alive\n\n")
  })
