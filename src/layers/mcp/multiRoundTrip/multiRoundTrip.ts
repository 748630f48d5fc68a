import { Effect, Option, Predicate, type Redacted } from "effect"
import type { RequestStateKey } from "../../../services/RequestStateKey.ts"
import { InputRequired, type Question } from "../protocol/InputRequired.ts"
import { type Json } from "../protocol/messages.ts"
import { type Binding, decryptState, encryptState } from "./requestState.ts"
import { ProtocolError } from "../protocol/ProtocolError.ts"
import type { RequestContext, Call, InputRequests } from "../protocol/serverDefinition.ts"

/** The most times that one call asks a client whose revision has a handshake. */
const maxRoundTrips = 8

/** The outcome of a request: its result, or questions to a client of revision 2026-07-28. */
export type Outcome<A> =
  | { readonly _tag: "Complete"; readonly result: A }
  | { readonly _tag: "InputRequired"; readonly requests: InputRequests }

/** A call before it runs, without the notes of an earlier run. */
type Asked = Omit<Call, "notes">

type Run<A, R> = (call: Asked) => Effect.Effect<A, ProtocolError | InputRequired, R>

/**
 * Makes a runner of requests that might need answers of the client. A client of revision 2026-07-28 gets the questions as
 * the result, and sends the request again with the answers and our encrypted state. Other clients are asked during the
 * call, if the transport has a way to do so.
 */
export const makeMultiRoundTrip =
  (stateKey: typeof RequestStateKey.Service) =>
  <A, R>(
    method: string,
    params: object | undefined,
    call: Asked,
    run: Run<A, R>,
    { requestState, revision }: RequestContext
  ): Effect.Effect<Outcome<A>, ProtocolError, R> => {
    if (revision === "handshake") return Effect.map(inOneCall(call, run, maxRoundTrips), complete)
    const binding = () => bindingOf(call, method, params)
    const resumed =
      requestState === undefined
        ? Effect.succeed(call)
        : Effect.map(decryptOnce(stateKey, binding(), requestState), (state) => ({
            ...call,
            state: Option.some(state)
          }))
    return resumed.pipe(
      Effect.flatMap(run),
      Effect.map(complete),
      Effect.catchTag(
        "InputRequired",
        Effect.fnUntraced(function* (needed) {
          yield* requireCapabilities(needed, call.client)
          const requestState =
            needed.state === undefined ? undefined : yield* encryptState(yield* stateKey.key, binding(), needed.state)
          const requests = { inputRequests: needed.questions, ...(requestState !== undefined && { requestState }) }
          return { _tag: "InputRequired", requests } as const
        })
      )
    )
  }

const complete = <A>(result: A): Outcome<A> => ({ _tag: "Complete", result })

/** Returns the parts of a request that stay the same when it is sent again. */
const bindingOf = ({ principal }: Asked, method: string, params: object | undefined): Binding => ({
  caller: principal.caller.id,
  method,
  params: { ...params, _meta: undefined, inputResponses: undefined, requestState: undefined }
})

/** Decrypts the state of an earlier request and marks it as used. Fails if it is not valid, or was used before. */
const decryptOnce = Effect.fnUntraced(function* (
  stateKey: typeof RequestStateKey.Service,
  binding: Binding,
  requestState: string
) {
  const key: Redacted.Redacted<Uint8Array> = yield* stateKey.key
  const envelope = yield* decryptState(key, binding, requestState)
  if (envelope === undefined || !(yield* stateKey.redeem(envelope.id, envelope.expires))) {
    return yield* new ProtocolError({
      code: -32602,
      message:
        "Invalid params: requestState was not made by this server or for this request, is too old, or was used before. Call again without it."
    })
  }
  return envelope.state
})

/** Runs a call, asks the client if the call needs answers, and runs it again with them. */
const inOneCall = <A, R>(call: Asked, run: Run<A, R>, roundTrips: number): Effect.Effect<A, ProtocolError, R> =>
  Effect.catchTag(
    run(call),
    "InputRequired",
    Effect.fnUntraced(function* (needed) {
      const { request } = call
      if (Option.isNone(request) || Option.isNone(call.client) || roundTrips === 0) {
        return yield* new ProtocolError({
          code: -32600,
          message: `This client can't be asked for input. ${needed.message}`
        })
      }
      yield* requireCapabilities(needed, call.client)
      const answers: Json = yield* Effect.all(
        Object.fromEntries(Object.entries(needed.questions).map(([name, question]) => [name, request.value(question)]))
      )
      return yield* inOneCall({ ...call, answers, state: Option.fromNullable(needed.state) }, run, roundTrips - 1)
    })
  )

const capabilityOf: Record<Question["method"], string> = {
  "elicitation/create": "elicitation",
  "sampling/createMessage": "sampling",
  "roots/list": "roots"
}

/** Fails if the client has not declared the capabilities that the questions need. */
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
