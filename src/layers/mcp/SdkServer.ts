import { Server } from "@modelcontextprotocol/sdk/server/index.js"
import type { RequestHandlerExtra } from "@modelcontextprotocol/sdk/shared/protocol.js"
import {
  CallToolRequestSchema,
  CompleteRequestSchema,
  GetPromptRequestSchema,
  ListPromptsRequestSchema,
  ListResourcesRequestSchema,
  ListResourceTemplatesRequestSchema,
  ListToolsRequestSchema,
  ReadResourceRequestSchema,
  type Result,
  type ServerNotification,
  type ServerRequest,
  SubscribeRequestSchema,
  UnsubscribeRequestSchema
} from "@modelcontextprotocol/sdk/types.js"
import type { jsonSchemaValidator } from "@modelcontextprotocol/sdk/validation/types.js"
import { Cause, Effect, Exit, Option, Runtime, type Scope } from "effect"
import { CallFacts } from "../../services/CallFacts.ts"
import { SealKey } from "../../services/SealKey.ts"
import { factsOf } from "./facts.ts"
import type { Asking } from "./Mux.ts"
import type { Questions } from "./Questions.ts"
import { makeRounds } from "./rounds.ts"
import type { McpServer } from "./Server.ts"
import { type Call, internalError, type Methods, type ProtocolError, type Surface } from "./Surface.ts"

type Extra = RequestHandlerExtra<ServerRequest, ServerNotification>

const schemas = {
  "tools/list": ListToolsRequestSchema,
  "tools/call": CallToolRequestSchema,
  "resources/list": ListResourcesRequestSchema,
  "resources/templates/list": ListResourceTemplatesRequestSchema,
  "resources/read": ReadResourceRequestSchema,
  "resources/subscribe": SubscribeRequestSchema,
  "resources/unsubscribe": UnsubscribeRequestSchema,
  "prompts/list": ListPromptsRequestSchema,
  "prompts/get": GetPromptRequestSchema,
  "completion/complete": CompleteRequestSchema
} satisfies Record<keyof Methods, unknown>

/**
 * Puts the one SDK server of the process behind the mux that all callers share. The SDK's signal of cancellation
 * interrupts the handler.
 */
export const connectSdk = <R>(
  { mux, questions, surface: { about } }: typeof McpServer.Service,
  { methods, readOnly }: Pick<Surface<R>, "methods" | "readOnly">,
  // Without one for all, the SDK builds a validator of its own for each server.
  jsonSchemaValidator: jsonSchemaValidator
): Effect.Effect<void, never, R | SealKey | Scope.Scope> =>
  Effect.gen(function* () {
    const runtime = yield* Effect.runtime<R>()
    const rounds = makeRounds(yield* SealKey)
    const server = new Server(about.serverInfo, {
      capabilities: about.capabilities,
      instructions: about.instructions,
      jsonSchemaValidator
    })
    // A message that is no request in the eyes of the SDK gets no answer from it.
    // oxlint-disable-next-line unicorn/prefer-add-event-listener -- the SDK has no other way to tell
    server.onerror = () => mux.refuse()

    const run = (effect: Effect.Effect<Result, ProtocolError, R>, { signal }: Extra): Promise<Result> =>
      Runtime.runPromiseExit(runtime)(Effect.tapDefect(effect, logged), { signal }).then(
        Exit.getOrElse((cause) => {
          throw Option.getOrElse(Cause.failureOption(cause), () => internalError)
        })
      )

    const serve = <M extends keyof Methods>(method: M) => {
      const handler = methods[method]
      if (handler === undefined) return
      // The table above pairs each method with the schema of its params; TypeScript can't follow that through a key.
      server.setRequestHandler(schemas[method] as (typeof schemas)["tools/list"], (request, extra) => {
        const asking = mux.asking(extra.requestId)
        if (asking === undefined) throw internalError
        const params: Methods[M][0] = request.params
        return run(
          rounds(
            method,
            params,
            callOf(asking, extra, questions),
            (call) => Effect.provideService(handler(params, call), CallFacts, factsOf(call, readOnly)),
            asking
          ),
          extra
        )
      })
    }
    for (const method of Object.keys(schemas)) serve(method as keyof Methods)

    yield* Effect.acquireRelease(
      Effect.promise(() => server.connect(mux)),
      () => Effect.promise(() => server.close())
    )
  })

const logged = (cause: Cause.Cause<unknown>) => Effect.logError("A request of the protocol died", cause)

const callOf = ({ answers, caller, client, era, send }: Asking, extra: Extra, questions: Questions): Call => ({
  caller,
  requestId: String(extra.requestId),
  meta: extra._meta ?? {},
  client,
  answers: answers ?? {},
  state: Option.none(),
  notify: (method, params) => Effect.sync(() => send?.({ jsonrpc: "2.0", method, params })),
  request:
    era === "stateless" || send === undefined
      ? Option.none()
      : Option.some((question) => questions.ask(caller, question, send))
})
