import { Effect, Predicate } from "effect"
import type { Principal } from "../../../services/Principal.ts"
import type { Question } from "../../../services/UserInput.ts"
import { type Json } from "../protocol/messages.ts"
import { ProtocolError } from "../protocol/serverDefinition.ts"

/** How long a client, and the person before it, may take. */
const patience = "10 minutes"

/**
 * Requests of ours that clients of the eras before 2026-07-28 have yet to answer. Over HTTP the answer comes in another
 * request, so it is found by an id that nobody can guess, and taken from the caller who was asked and nobody else.
 */
export class PendingQuestions {
  readonly #waiting = new Map<string, { readonly caller: string; readonly resume: (response: Json) => void }>()

  ask(
    { caller }: typeof Principal.Service,
    { method, params }: Question,
    send: (request: object) => void
  ): Effect.Effect<unknown, ProtocolError> {
    const asked = Effect.async<unknown, ProtocolError>((resume) => {
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
    return Effect.timeoutFail(asked, {
      duration: patience,
      onTimeout: () => new ProtocolError({ code: -32000, message: "The client did not answer in time" })
    })
  }

  /** A caller who has gone will answer nothing more. */
  abandon({ caller }: typeof Principal.Service): void {
    for (const waiting of this.#waiting.values()) {
      if (waiting.caller === caller.id) waiting.resume({ error: { message: "it has gone" } })
    }
  }

  /** A response that came in. One that answers nothing is ignored. */
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
