import { Effect, Either, Option } from "effect"
import type { Readable, Writable } from "node:stream"
import { type Line, makeLines } from "./lines.ts"
import { errorResponse, incoming, parse, stringify } from "../protocol/messages.ts"
import { makeLineWriter, makeReader } from "./streams.ts"
import { cannotStart } from "../protocol/serverDefinition.ts"

/** What a client gets to ask and to leave; one that starts a server does both at once. */
const patience = "1 second"

/**
 * In place of a server that can't start: answers what is asked with the reason, since many clients hide what a server
 * writes on stderr.
 */
export const refuseStdio = Effect.fn("Stdio.refuse")(
  function* (input: Readable, output: Writable, reason: string) {
    const read = yield* makeReader(input)
    const writer = yield* makeLineWriter(output)
    const cut = makeLines()
    const refuse = (line: Line) => {
      const message = "text" in line ? Option.map(Either.getRight(parse(line.text)), incoming) : Option.none()
      if (Option.isSome(message) && message.value._tag === "Request") {
        writer.write(stringify(errorResponse(message.value.request.id, cannotStart(reason))))
      }
    }
    for (let chunk = yield* read; ; chunk = yield* read) {
      cut(chunk).forEach(refuse)
      if (chunk === undefined) break
    }
    yield* writer.flushed
  },
  Effect.scoped,
  Effect.timeoutOption(patience)
)
