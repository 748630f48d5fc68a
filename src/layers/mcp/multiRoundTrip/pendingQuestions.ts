import { Effect, Predicate } from "effect"
import type { Principal } from "../../../services/Principal.ts"
import type { Question } from "../protocol/InputRequired.ts"
import { type Json } from "../protocol/messages.ts"
import { ProtocolError } from "../protocol/ProtocolError.ts"

/** The time for a client and its user to answer. */
const timeLimit = "10 minutes"

/**
 * Questions to clients of revisions before 2026-07-28 that are not answered yet. Over HTTP the answer comes in another
 * request. So it is matched by an id that can't be guessed, and accepted only from the caller that was asked.
 */
export class PendingQuestions {
  readonly #waiting = new Map<string, { readonly caller: string; readonly resume: (response: Json) => void }>()

  /** Sends a question and waits for its answer. Fails if the client refuses or takes too long. */
  ask(
    { caller }: typeof Principal.Service,
    { method, params }: Question,
    send: (request: object) => void
  ): Effect.Effect<unknown, ProtocolError> {
    const response = Effect.async<unknown, ProtocolError>((resume) => {
      const id = crypto.randomUUID()
      this.#waiting.set(id, {
        caller: caller.id,
        resume: (response) => {
          this.#waiting.delete(id)
          resume("result" in response ? Effect.succeed(response["result"]) : refused(response["error"]))
        }
      })
      send({ jsonrpc: "2.0", id, method, params })
      return Effect.sync(() => void this.#waiting.delete(id))
    })
    return Effect.timeoutFail(response, {
      duration: timeLimit,
      onTimeout: () => new ProtocolError({ code: -32000, message: "The client did not answer in time" })
    })
  }

  /** Fails the questions to a caller that has disconnected. */
  abandon({ caller }: typeof Principal.Service): void {
    for (const waiting of this.#waiting.values()) {
      if (waiting.caller === caller.id) waiting.resume({ error: { message: "it disconnected" } })
    }
  }

  /** Receives a response of a client. Ignores it if it answers no question to that caller. */
  answer({ caller }: typeof Principal.Service, response: Json): void {
    const waiting = this.#waiting.get(String(response["id"]))
    if (waiting?.caller === caller.id) waiting.resume(response)
  }
}

const refused = (error: unknown) =>
  new ProtocolError({
    code: -32000,
    message: `The client refused: ${Predicate.isRecord(error) && typeof error["message"] === "string" ? error["message"].slice(0, 200) : "no reason"}`
  })
