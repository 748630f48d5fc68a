import { Effect, type Scope } from "effect"
import type { Readable, Writable } from "node:stream"

/** The next bytes of a stream when they are asked for, and not before; undefined at its end. */
export const makeReader = (input: Readable): Effect.Effect<Effect.Effect<Buffer | undefined>, never, Scope.Scope> =>
  Effect.gen(function* () {
    let wake = () => undefined as void
    let over = false
    const onReadable = () => wake()
    const onEnd = () => {
      over = true
      wake()
    }
    yield* Effect.acquireRelease(
      Effect.sync(() => input.on("readable", onReadable).on("end", onEnd).on("close", onEnd).on("error", onEnd)),
      () => Effect.sync(() => input.off("readable", onReadable).off("end", onEnd).off("close", onEnd))
    )
    return Effect.async((resume) => {
      const rest = () => {
        wake = () => undefined
      }
      const look = () => {
        const chunk: unknown = input.read()
        if (chunk !== null) {
          rest()
          resume(Effect.succeed(Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk))))
        } else if (over || input.readableEnded || input.destroyed) {
          rest()
          resume(Effect.succeed(undefined))
        }
      }
      wake = look
      look()
      return Effect.sync(rest)
    })
  })

export interface LineWriter {
  /** Writes a line, without waiting. */
  readonly write: (line: string) => void
  /** Ends when the reader keeps up, or has gone. */
  readonly ready: Effect.Effect<void>
  /** Ends when all that was written has left, or the reader has gone. */
  readonly flushed: Effect.Effect<void>
  /** Ends when the reader has gone. */
  readonly gone: Effect.Effect<void>
}

/** Writes lines in order, and tells when to wait. */
export const makeLineWriter = (output: Writable): Effect.Effect<LineWriter, never, Scope.Scope> =>
  Effect.gen(function* () {
    let blocked = false
    let gone = false
    const waiting = new Set<{ readonly until: () => boolean; readonly resume: () => void }>()
    const check = () => {
      for (const one of waiting) {
        if (one.until()) one.resume()
      }
    }
    const onDrain = () => {
      blocked = false
      check()
    }
    const onGone = () => {
      gone = true
      check()
    }
    yield* Effect.acquireRelease(
      Effect.sync(() => output.on("drain", onDrain).on("close", onGone).on("error", onGone)),
      // A late error of a stream that nobody listens to would end the process.
      () => Effect.sync(() => output.off("drain", onDrain).off("close", onGone))
    )
    const when = (until: () => boolean) =>
      Effect.async<void>((resume) => {
        if (until()) return resume(Effect.void)
        const one = {
          until,
          resume: () => {
            waiting.delete(one)
            resume(Effect.void)
          }
        }
        waiting.add(one)
        return Effect.sync(() => void waiting.delete(one))
      })
    const left = when(() => gone)
    return {
      write: (line) => {
        if (!gone && !output.write(`${line}\n`)) blocked = true
      },
      ready: when(() => gone || !blocked),
      flushed: Effect.raceFirst(
        left,
        Effect.async((resume) => void output.write("", () => resume(Effect.void)))
      ),
      gone: left
    }
  })
