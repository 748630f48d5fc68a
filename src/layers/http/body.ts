import { Effect, Schema } from "effect"
import type { IncomingMessage } from "node:http"

/** The most bytes of a body. Larger bodies are refused. */
export const maxBody = 4 * 1024 * 1024

/** Limits on reading the rest of a body that is too large, so that its sender can read the answer. */
const discardLimits = { bytes: 64 * 1024 * 1024, time: "5 seconds" } as const

export class BodyTooLarge extends Schema.TaggedError<BodyTooLarge>()("BodyTooLarge", {}) {}

/** A body whose sender disconnected or stalled before the end. */
export class BodyIncomplete extends Schema.TaggedError<BodyIncomplete>()("BodyIncomplete", {}) {}

/** Reads the whole body as text. */
export const readBody = (
  request: IncomingMessage,
  most = maxBody
): Effect.Effect<string, BodyTooLarge | BodyIncomplete> =>
  Effect.map(readBytes(request, most), (body) => body.toString("utf8"))

/** Reads the whole body. The received bytes are counted, whatever `content-length` says. */
export const readBytes = (
  request: IncomingMessage,
  most = maxBody
): Effect.Effect<Buffer, BodyTooLarge | BodyIncomplete> =>
  Number(request.headers["content-length"] ?? 0) > most
    ? tooLarge(request)
    : Effect.flatMap(
        Effect.async<Buffer | undefined, BodyIncomplete>((resume) => {
          const chunks: Array<Buffer> = []
          let size = 0
          let ended = false
          const onData = (chunk: Buffer) => {
            size += chunk.length
            chunks.push(chunk)
            if (size > most) finish(Effect.succeed(undefined))
          }
          // Only a `close` follows the end, and it must not count as a disconnect.
          const onEnd = () => {
            ended = true
            const [first = Buffer.alloc(0), ...more] = chunks.splice(0)
            resume(Effect.succeed(more.length === 0 ? first : Buffer.concat([first, ...more])))
          }
          const onGone = () => {
            if (!ended) finish(Effect.fail(new BodyIncomplete()))
          }
          const finish = (effect: Effect.Effect<Buffer | undefined, BodyIncomplete>) => {
            off()
            resume(effect)
          }
          const off = () => {
            request.off("data", onData).off("end", onEnd).off("error", onGone).off("close", onGone)
          }
          request.on("data", onData).on("end", onEnd).on("error", onGone).on("close", onGone)
          return Effect.sync(off)
        }),
        (body) => (body === undefined ? tooLarge(request) : Effect.succeed(body))
      )

/**
 * Reads the rest of a body that is too large, within `discardLimits`, and fails. A sender that is cut off while it sends
 * would not see the answer.
 */
const tooLarge = (request: IncomingMessage) =>
  Effect.async<void>((resume) => {
    let size = 0
    request.on("data", (chunk: Buffer) => {
      size += chunk.length
      if (size > discardLimits.bytes) resume(Effect.void)
    })
    request.on("end", () => resume(Effect.void))
    request.on("close", () => resume(Effect.void))
    request.resume()
  }).pipe(Effect.timeoutOption(discardLimits.time), Effect.zipRight(new BodyTooLarge()))
