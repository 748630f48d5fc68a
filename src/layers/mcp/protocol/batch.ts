import { Effect, Option } from "effect"
import type { Principal } from "../../../services/Principal.ts"
import { errorResponse, type Failure, type Id, incoming, invalidRequest, stringify } from "./messages.ts"
import { isStateless } from "./statelessEnvelope.ts"
import { carryOut, type makeProtocol } from "./protocol.ts"
import type { RequestHandler } from "./serverDefinition.ts"

/** The most messages in one batch. */
const maxMessages = 100

/**
 * Answers a batch of revision 2025-03-26 or earlier, with all responses in one JSON text, and the HTTP status. There is no text if the
 * batch contains no request.
 */
export const carryOutBatch = (
  answer: RequestHandler,
  protocol: Pick<ReturnType<typeof makeProtocol>, "handshake">,
  messages: ReadonlyArray<unknown>,
  principal: typeof Principal.Service,
  version?: string
): Effect.Effect<{ readonly status: number; readonly body?: string }> => {
  const answerOne = (message: unknown): Effect.Effect<string | undefined> => {
    const read = incoming(message)
    if (read._tag === "Silent") return Effect.succeed(undefined)
    if (read._tag === "Invalid") return Effect.succeed(failed(read.id, read.failure))
    const { request } = read
    if (request.method === "initialize" || isStateless(request.method, request.params, {})) {
      return Effect.succeed(
        failed(request.id, invalidRequest("Invalid request: this method is not allowed in a batch"))
      )
    }
    const plan = protocol.handshake(request, principal, Option.none(), version)
    return Effect.map(carryOut(answer, plan), ({ response }) => stringify(response))
  }
  if (messages.length === 0 || messages.length > maxMessages) {
    const failure = invalidRequest(`Invalid request: a batch has 1 to ${maxMessages} messages`)
    return Effect.succeed({ status: failure.status, body: failed(null, failure) })
  }
  return Effect.map(Effect.forEach(messages, answerOne, { concurrency: "unbounded" }), (answers) => {
    const texts = answers.filter((text) => text !== undefined)
    return texts.length === 0 ? { status: 202 } : { status: 200, body: `[${texts.join(",")}]` }
  })
}

const failed = (id: Id | null, failure: Failure): string => stringify(errorResponse(id, failure))
