import { Server } from "@modelcontextprotocol/sdk/server/index.js"
import type { jsonSchemaValidator } from "@modelcontextprotocol/sdk/validation/types.js"
import { Cause, Context, Effect, Option } from "effect"
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
import { internalError, type ProtocolError } from "../protocol/ProtocolError.ts"
import type {
  RequestContext,
  Call,
  Handler,
  Methods,
  Response,
  ServerDefinition
} from "../protocol/serverDefinition.ts"

/**
 * Connects method handlers, and the one SDK server of the process, to the server that all callers share. The methods run
 * directly in the fiber of the caller. The SDK answers all other requests.
 */
export const connectSdk = Effect.fnUntraced(function* <R>(
  { definition: { about }, questions, serve }: typeof McpServer.Service,
  { methods }: Pick<ServerDefinition<R>, "methods">,
  // Without a shared one, the SDK builds a validator for each server.
  jsonSchemaValidator: jsonSchemaValidator
) {
  const services = yield* Effect.context<R>()
  const multiRoundTrip = makeMultiRoundTrip(yield* RequestStateKey)
  const transport = new SdkTransport()
  const server = new Server(about.serverInfo, {
    capabilities: about.capabilities,
    instructions: about.instructions,
    jsonSchemaValidator
  })
  // The SDK does not answer a message that it does not recognise as a request.
  // oxlint-disable-next-line unicorn/prefer-add-event-listener -- the SDK has no other way to report it
  server.onerror = () => transport.refuse()
  yield* Effect.acquireRelease(
    Effect.promise(() => server.connect(transport)),
    () => Effect.promise(() => server.close())
  )

  // `paramsFailure` has checked the params of each method, which TypeScript can't follow through a method's name.
  const handlers = new Map(Object.entries(methods) as Array<[string, Handler<"tools/call", R>]>)
  let requests = 0

  yield* serve((request, context) => {
    const { id, method, params } = request
    const handler = handlers.get(method)
    if (handler === undefined) return transport.request(request)
    const call = callOf(context, String(++requests), metaOf(params), questions)
    const run = (call: Call) => {
      // The context of the calling fiber is replaced, not merged, since the handler needs nothing else.
      const provided: (none: Context.Context<never>) => Context.Context<R | Principal | CallContext> = () =>
        Context.add(Context.add(services, Principal, call.principal), CallContext, contextOf(call))
      return Effect.mapInputContext(handler(params as Methods["tools/call"][0], call), provided)
    }
    return Effect.matchCauseEffect(multiRoundTrip(method, params, call, run, context), {
      onSuccess: (outcome): Effect.Effect<Response> =>
        Effect.succeed(
          outcome._tag === "Complete"
            ? { jsonrpc: "2.0", id, result: outcome.result }
            : { jsonrpc: "2.0", id, inputRequired: outcome.requests }
        ),
      onFailure: (cause) => failed(id, cause)
    })
  })
})

const failed = (id: Id, cause: Cause.Cause<ProtocolError>): Effect.Effect<Response> => {
  const answer = errorResponse(
    id,
    Option.getOrElse(Cause.failureOption(cause), () => internalError)
  )
  return Cause.isDie(cause)
    ? Effect.as(Effect.logError("A request of the protocol died", cause), answer)
    : Effect.succeed(answer)
}

const callOf = (
  { addLogFields, answers, client, principal, program, revision, send }: RequestContext,
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
  program,
  notify: (method, params) => Effect.sync(() => send?.({ jsonrpc: "2.0", method, params })),
  request:
    revision === "stateless" || send === undefined
      ? Option.none()
      : Option.some((question) => questions.ask(principal, question, send))
})
