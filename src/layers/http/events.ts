import { Effect, type Fiber, FiberId } from "effect"
import type { ServerResponse } from "node:http"
import { eventStream } from "./reply.ts"

/** The interval of comments on an open stream, since proxies close idle connections. */
const keepAlive = "15 seconds"

/**
 * Makes a writer of events that are sent before the answer. The first event opens the stream, which stays open until the
 * answer. The effect that `watch` makes runs while the stream is open. Most requests open no stream.
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
