import { Cause, Context, Effect, Option, Scope } from "effect"
import { CallContext } from "../../../services/CallContext.ts"
import { Principal } from "../../../services/Principal.ts"
import { RequestStateKey } from "../../../services/RequestStateKey.ts"
import { withParent } from "../../tracing/span.ts"
import { observed } from "./observed.ts"
import { contextOf } from "./callContext.ts"
import { errorResponse, type Id, type Json } from "../protocol/messages.ts"
import { paramsFailure } from "../protocol/params.ts"
import { metaOf } from "../protocol/statelessEnvelope.ts"
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
 * Connects method handlers to the server that all callers share. They run directly in the fiber of the caller. The SDK
 * answers requests of all other methods, and is loaded for the first one.
 */
export const connectSdk = Effect.fnUntraced(function* <R>(
  { definition: { about }, questions, serve }: typeof McpServer.Service,
  { methods }: Pick<ServerDefinition<R>, "methods">
) {
  const services = yield* Effect.context<R>()
  const scope = yield* Effect.scope
  const multiRoundTrip = makeMultiRoundTrip(yield* RequestStateKey)
  const sdk = yield* Effect.cached(
    Effect.promise(() => import("./sdk.ts")).pipe(
      Effect.flatMap(({ makeSdk }) => Scope.extend(makeSdk(about), scope)),
      Effect.uninterruptible
    )
  )

  // `paramsFailure` has checked the params of each method, which TypeScript can't follow through a method's name.
  const handlers = new Map(Object.entries(methods) as Array<[string, Handler<"tools/call", R>]>)
  let requests = 0

  yield* serve((request, context) => {
    const { id, method, params } = request
    const invalid = paramsFailure(request)
    if (invalid !== undefined) return Effect.succeed(errorResponse(id, invalid))
    const handler = handlers.get(method)
    if (handler === undefined) return Effect.flatMap(sdk, (transport) => transport.request(request))
    const run = (asked: Omit<Call, "notes">) => {
      const call = { ...asked, notes: { receipt: undefined, source: undefined } }
      const own = Context.add(Context.make(Principal, call.principal), CallContext, contextOf(call))
      // The context of the calling fiber is replaced, not merged, since the handler needs nothing else but the span.
      const provided: (current: Context.Context<never>) => Context.Context<R | Principal | CallContext> = (current) =>
        withParent(current, Context.merge(services, own))
      return Effect.mapInputContext(handler(params as Methods["tools/call"][0], call), provided)
    }
    const meta = metaOf(params)
    return observed({ method, context, meta }, (noteOutcome) => {
      const call = { ...callOf(context, String(++requests), meta, questions), noteOutcome }
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
): Omit<Call, "noteOutcome" | "notes"> => ({
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
