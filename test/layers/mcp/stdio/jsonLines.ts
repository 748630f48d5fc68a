import { Effect, Queue } from "effect"
import type { Readable } from "node:stream"

/** Parses the messages of a stream, one a line. */
export const linesOf = (output: Readable) =>
  Effect.gen(function* () {
    const lines = yield* Queue.unbounded<ReturnType<typeof JSON.parse>>()
    let rest = ""
    output.on("data", (chunk: Buffer) => {
      const parts = (rest + String(chunk)).split("\n")
      rest = parts.pop() ?? ""
      for (const part of parts) lines.unsafeOffer(JSON.parse(part))
    })
    return lines
  })
