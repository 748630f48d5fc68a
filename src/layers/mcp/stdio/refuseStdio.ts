import { Effect, Either, Option } from "effect"
import type { Readable, Writable } from "node:stream"
import { type Line, makeLineSplitter } from "./lines.ts"
import { errorResponse, incoming, parse, stringify } from "../protocol/messages.ts"
import { makeLineWriter, makeReader } from "./streams.ts"
import { cannotStart } from "../protocol/ProtocolError.ts"

/** The time for a client to send its requests and to disconnect. Clients that start a server do both at once. */
const timeLimit = "1 second"

/**
 * Answers every request with the reason for which the server can't start, since many clients hide what a server writes
 * on stderr.
 */
export const refuseStdio = Effect.fn("Stdio.refuse")(
  function* (input: Readable, output: Writable, reason: string) {
    const { read } = yield* makeReader(input)
    const writer = yield* makeLineWriter(output)
    const split = makeLineSplitter()
    const refuse = (line: Line) => {
      const message = "text" in line ? Option.map(Either.getRight(parse(line.text)), incoming) : Option.none()
      if (Option.isSome(message) && message.value._tag === "Request") {
        writer.write(stringify(errorResponse(message.value.request.id, cannotStart(reason))))
      }
    }
    for (let chunk = yield* read; ; chunk = yield* read) {
      split(chunk).forEach(refuse)
      if (chunk === undefined) break
    }
    yield* writer.flushed
  },
  Effect.scoped,
  Effect.timeoutOption(timeLimit)
)
