import { Server } from "@modelcontextprotocol/sdk/server/index.js"
import type { jsonSchemaValidator } from "@modelcontextprotocol/sdk/validation/types.js"
import { Cause, Context, Effect, Option, type Scope } from "effect"
import { CallContext } from "../../../services/CallContext.ts"
import { Principal } from "../../../services/Principal.ts"
import { RequestStateKey } from "../../../services/RequestStateKey.ts"
import { contextOf } from "./callContext.ts"
import { errorResponse, type Id, type Json } from "../protocol/messages.ts"
import { metaOf } from "../protocol/statelessEnvelope.ts"
import { SdkTransport } from "./sdkTransport.ts"
import type { PendingQuestions } from "../multiRoundTrip/pendingQuestions.ts"
import { makeMultiRoundTrip } from "../multiRoundTrip/multiRoundTrip.ts"
import type { McpServer } from "./McpServer.ts"
import {
  type RequestContext,
  type Call,
  type Handler,
  internalError,
  type Methods,
  type ProtocolError,
  type Response,
  type ServerDefinition
} from "../protocol/serverDefinition.ts"

/**
 * Puts a surface and the one SDK server of the process behind the server that all callers share. What the surface
 * serves runs in the fiber that asks, with nothing in between; the SDK answers what is the protocol's own.
 */
export const connectSdk = <R>(
  { questions, serve, surface: { about } }: typeof McpServer.Service,
  { methods }: Pick<ServerDefinition<R>, "methods">,
  // Without one for all, the SDK builds a validator of its own for each server.
  jsonSchemaValidator: jsonSchemaValidator
): Effect.Effect<void, never, R | RequestStateKey | Scope.Scope> =>
  Effect.gen(function* () {
    const context = yield* Effect.context<R>()
    const rounds = makeMultiRoundTrip(yield* RequestStateKey)
    const mux = new SdkTransport()
    const server = new Server(about.serverInfo, {
      capabilities: about.capabilities,
      instructions: about.instructions,
      jsonSchemaValidator
    })
    // A message that is no request in the eyes of the SDK gets no answer from it.
    // oxlint-disable-next-line unicorn/prefer-add-event-listener -- the SDK has no other way to tell
    server.onerror = () => mux.refuse()
    yield* Effect.acquireRelease(
      Effect.promise(() => server.connect(mux)),
      () => Effect.promise(() => server.close())
    )

    // Each method comes with the shape of its params (`paramsFailure`); TypeScript can't follow that through a name.
    const handlers = new Map(Object.entries(methods) as Array<[string, Handler<"tools/call", R>]>)
    let requests = 0

    yield* serve((request, asking) => {
      const { id, method, params } = request
      const handler = handlers.get(method)
      if (handler === undefined) return mux.request(request)
      const call = callOf(asking, String(++requests), metaOf(params), questions)
      const run = (call: Call) => {
        // Not merged with what the asking fiber has: nothing is needed that is not here.
        const needed: (none: Context.Context<never>) => Context.Context<R | Principal | CallContext> = () =>
          Context.add(Context.add(context, Principal, call.principal), CallContext, contextOf(call))
        return Effect.mapInputContext(handler(params as Methods["tools/call"][0], call), needed)
      }
      return Effect.matchCauseEffect(rounds(method, params, call, run, asking), {
        onSuccess: (round): Effect.Effect<Response> =>
          Effect.succeed(
            round._tag === "Complete"
              ? { jsonrpc: "2.0", id, result: round.result }
              : { jsonrpc: "2.0", id, inputRequired: round.requests }
          ),
        onFailure: (cause) => refused(id, cause)
      })
    })
  })

const refused = (id: Id, cause: Cause.Cause<ProtocolError>): Effect.Effect<Response> => {
  const answer = errorResponse(
    id,
    Option.getOrElse(Cause.failureOption(cause), () => internalError)
  )
  return Cause.isDie(cause)
    ? Effect.as(Effect.logError("A request of the protocol died", cause), answer)
    : Effect.succeed(answer)
}

const callOf = (
  { addLogFields, answers, client, principal, revision, send }: RequestContext,
  requestId: string,
  meta: Json,
  questions: PendingQuestions
): Call => ({
  principal,
  requestId,
  meta,
  client,
  answers: answers ?? {},
  state: Option.none(),
  addLogFields,
  notify: (method, params) => Effect.sync(() => send?.({ jsonrpc: "2.0", method, params })),
  request:
    revision === "stateless" || send === undefined
      ? Option.none()
      : Option.some((question) => questions.ask(principal, question, send))
})
