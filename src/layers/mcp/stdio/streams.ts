import { Effect } from "effect"
import type { Readable, Writable } from "node:stream"

/**
 * Makes a reader of a stream. `read` waits for the next bytes, and takes none from the stream before. It returns undefined
 * at the end of the stream.
 */
export const makeReader = Effect.fnUntraced(function* (input: Readable) {
  let wake = () => undefined as void
  let ended = false
  const onReadable = () => wake()
  const onEnd = () => {
    ended = true
    wake()
  }
  yield* Effect.acquireRelease(
    Effect.sync(() => input.on("readable", onReadable).on("end", onEnd).on("close", onEnd).on("error", onEnd)),
    () => Effect.sync(() => input.off("readable", onReadable).off("end", onEnd).off("close", onEnd))
  )
  const read = Effect.async<Buffer | undefined>((resume) => {
    const stopWaiting = () => {
      wake = () => undefined
    }
    const tryRead = () => {
      const chunk: unknown = input.read()
      if (chunk !== null) {
        stopWaiting()
        resume(Effect.succeed(Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk))))
      } else if (ended || input.readableEnded || input.destroyed) {
        stopWaiting()
        resume(Effect.succeed(undefined))
      }
    }
    wake = tryRead
    tryRead()
    return Effect.sync(stopWaiting)
  })
  return { read }
})

export interface LineWriter {
  /** Writes a line, without waiting. */
  readonly write: (line: string) => void
  /** True while the reader does not keep up. */
  readonly isBehind: () => boolean
  /** Completes when the reader keeps up, or has closed the stream. */
  readonly ready: Effect.Effect<void>
  /** Completes when everything written has been passed on, or the reader has closed the stream. */
  readonly flushed: Effect.Effect<void>
  /** Completes when the reader has closed the stream. */
  readonly closed: Effect.Effect<void>
}

/** Makes a writer of lines that reports when to wait for the reader. */
export const makeLineWriter = Effect.fnUntraced(function* (output: Writable) {
  let blocked = false
  let isClosed = false
  const waiters = new Set<{ readonly until: () => boolean; readonly resume: () => void }>()
  const check = () => {
    for (const waiter of waiters) {
      if (waiter.until()) waiter.resume()
    }
  }
  const onDrain = () => {
    blocked = false
    check()
  }
  const onClose = () => {
    isClosed = true
    check()
  }
  yield* Effect.acquireRelease(
    Effect.sync(() => output.on("drain", onDrain).on("close", onClose).on("error", onClose)),
    // The listener of errors stays, since a late error without a listener would end the process.
    () => Effect.sync(() => output.off("drain", onDrain).off("close", onClose))
  )
  const when = (until: () => boolean) =>
    Effect.async<void>((resume) => {
      if (until()) return resume(Effect.void)
      const waiter = {
        until,
        resume: () => {
          waiters.delete(waiter)
          resume(Effect.void)
        }
      }
      waiters.add(waiter)
      return Effect.sync(() => void waiters.delete(waiter))
    })
  const closed = when(() => isClosed)
  const writer: LineWriter = {
    write: (line) => {
      if (!isClosed && !output.write(`${line}\n`)) blocked = true
    },
    isBehind: () => blocked && !isClosed,
    ready: when(() => isClosed || !blocked),
    flushed: Effect.raceFirst(
      closed,
      Effect.async((resume) => void output.write("", () => resume(Effect.void)))
    ),
    closed
  }
  return writer
})
