import { Effect, Option, Predicate, type Redacted } from "effect"
import type { RequestStateKey } from "../../../services/RequestStateKey.ts"
import { InputRequired, type Question } from "../../../services/UserInput.ts"
import { type Json } from "../protocol/messages.ts"
import { type Binding, decryptState, encryptState } from "./requestState.ts"
import { type RequestContext, type Call, type InputRequests, ProtocolError } from "../protocol/serverDefinition.ts"

/** Rounds that one call may take where the server itself can ask. */
const maxRounds = 8

/** The end of a round: the result, or questions to a client of the stateless era. */
export type Round<A> =
  | { readonly _tag: "Complete"; readonly result: A }
  | { readonly _tag: "InputRequired"; readonly requests: InputRequests }

type Run<A, R> = (call: Call) => Effect.Effect<A, ProtocolError | InputRequired, R>

/**
 * A request that may need several rounds. Clients of the stateless era are sent away with questions and come back with
 * the answers and our sealed state; others are asked in the middle of the call, where there is a way.
 */
export const makeMultiRoundTrip =
  (sealKey: typeof RequestStateKey.Service) =>
  <A, R>(
    method: string,
    params: object | undefined,
    call: Call,
    run: Run<A, R>,
    { requestState, revision }: RequestContext
  ): Effect.Effect<Round<A>, ProtocolError, R> => {
    if (revision === "handshake") return Effect.map(inOneCall(call, run, maxRounds), complete)
    const binding = () => bindingOf(call, method, params)
    const begun =
      requestState === undefined
        ? Effect.succeed(call)
        : Effect.map(reopen(sealKey, binding(), requestState), (state) => ({ ...call, state: Option.some(state) }))
    return begun.pipe(
      Effect.flatMap(run),
      Effect.map(complete),
      Effect.catchTag("InputRequired", (needed) =>
        Effect.gen(function* () {
          yield* requireCapabilities(needed, call.client)
          const requestState =
            needed.state === undefined ? undefined : yield* encryptState(yield* sealKey.key, binding(), needed.state)
          const requests = { inputRequests: needed.questions, ...(requestState !== undefined && { requestState }) }
          return { _tag: "InputRequired", requests } as const
        })
      )
    )
  }

const complete = <A>(result: A): Round<A> => ({ _tag: "Complete", result })

/** What all rounds of a request have in common. */
const bindingOf = ({ principal }: Call, method: string, params: object | undefined): Binding => ({
  caller: principal.caller.id,
  method,
  params: { ...params, _meta: undefined, inputResponses: undefined, requestState: undefined }
})

const reopen = Effect.fnUntraced(function* (
  sealKey: typeof RequestStateKey.Service,
  binding: Binding,
  requestState: string
) {
  const key: Redacted.Redacted<Uint8Array> = yield* sealKey.key
  const opened = yield* decryptState(key, binding, requestState)
  if (opened === undefined || !(yield* sealKey.redeem(opened.id, opened.expires))) {
    return yield* new ProtocolError({
      code: -32602,
      message:
        "Invalid params: requestState is not ours, not for this request, too old, or used before. Call again without it."
    })
  }
  return opened.state
})

/** Asks, and begins anew with the answers. */
const inOneCall = <A, R>(call: Call, run: Run<A, R>, rounds: number): Effect.Effect<A, ProtocolError, R> =>
  Effect.catchTag(run(call), "InputRequired", (needed) =>
    Effect.gen(function* () {
      const { request } = call
      if (Option.isNone(request) || Option.isNone(call.client) || rounds === 0) {
        return yield* new ProtocolError({ code: -32600, message: `This client can't be asked. ${needed.message}` })
      }
      yield* requireCapabilities(needed, call.client)
      const answers: Json = yield* Effect.all(
        Object.fromEntries(Object.entries(needed.questions).map(([name, question]) => [name, request.value(question)]))
      )
      return yield* inOneCall({ ...call, answers, state: Option.fromNullable(needed.state) }, run, rounds - 1)
    })
  )

const capabilityOf: Record<Question["method"], string> = {
  "elicitation/create": "elicitation",
  "sampling/createMessage": "sampling",
  "roots/list": "roots"
}

/** A client is asked only for what it said it can do. */
const requireCapabilities = ({ questions }: InputRequired, client: Option.Option<Json>) => {
  const declared = Option.getOrElse(client, (): Json => ({}))
  const missing = Object.values(questions)
    .map(({ method }) => capabilityOf[method])
    .filter((capability) => !Predicate.isRecord(declared[capability]))
  return missing.length === 0
    ? Effect.void
    : new ProtocolError({
        code: -32021,
        message: `Missing client capability: ${missing.join(", ")}`,
        data: { requiredCapabilities: Object.fromEntries(missing.map((capability) => [capability, {}])) }
      })
}
