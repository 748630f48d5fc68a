import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { Effect, type Either, ExecutionStrategy, Exit, Option, Redacted, Scope } from "effect"
import { type Endpoint, isPrivate, type Params } from "../../../domain/endpoints/endpoints.ts"
import { encodeBody, encodeQuery } from "../../../domain/wire/requests.ts"
import { sign } from "../../../domain/wire/signature.ts"
import { Config } from "../../../services/Config.ts"
import type { LeavingIntent, Priority } from "../../../services/KrakenClient.ts"
import { KrakenCredentialsMissing } from "../../../services/KrakenErrors.ts"
import { NonceSource } from "../../../services/NonceSource.ts"
import type { ApiResponse } from "./decodeResponse.ts"
import type { Allowance, Transport } from "./transport.ts"
import { isInvalidNonce, type NoAnswer, type ApiRefusal } from "../answers/sendErrors.ts"

/** One call: what to send, how urgent it is, and how to read the answer. */
export interface ApiCall<A> {
  readonly endpoint: Endpoint
  readonly params: Effect.Effect<Params>
  readonly priority: Priority
  readonly intent?: LeavingIntent | undefined
  readonly accept: string
  readonly decode: (answer: ApiResponse, isPrivate: boolean) => Either.Either<A, NoAnswer | ApiRefusal>
}

/** Makes requests of calls: a GET with a query for public ones, a signed POST in the lane of the key for private ones. */
export const makeSignedRequest = Effect.fnUntraced(function* (transport: Transport) {
  const { baseUrl, credentials, unreadFile } = yield* Config
  const nonces = yield* NonceSource

  const get = ({ accept, endpoint, params }: ApiCall<unknown>, allowance: Allowance) =>
    Effect.flatMap(params, (params) => {
      const query = encodeQuery(params)
      const url = `${baseUrl}/0/${endpoint}${query && "?"}${query}`
      return transport.send(HttpClientRequest.get(url, { headers: { Accept: accept } }), allowance)
    })

  /** The lane is left when the answer begins: later nonces can't overtake this one any more. */
  const post = Effect.fnUntraced(function* (call: ApiCall<unknown>, allowance: Allowance) {
    const { accept, endpoint, intent, params, priority } = call
    if (Option.isNone(credentials))
      return yield* new KrakenCredentialsMissing({ endpoint, unreadFile: Option.getOrUndefined(unreadFile) })
    const { key, otp, secret } = credentials.value
    const lane = yield* Scope.fork(yield* Effect.scope, ExecutionStrategy.sequential)
    const turn = yield* Scope.extend(
      intent === undefined ? nonces.turn(priority) : nonces.turnOf(intent, priority),
      lane
    )
    const nonce = turn.nonce.toString()
    const body = encodeBody(nonce, yield* params, Option.getOrUndefined(Option.map(otp, Redacted.value)))
    const request = HttpClientRequest.post(`${baseUrl}/0/${endpoint}`).pipe(
      HttpClientRequest.bodyText(body.text, body.contentType),
      HttpClientRequest.setHeaders({
        Accept: accept,
        "API-Key": Redacted.value(key),
        "API-Sign": sign(`/0/${endpoint}`, nonce, body.text, secret)
      })
    )
    return yield* transport.send(request, allowance, Scope.close(lane, Exit.void))
  }, Effect.scoped)

  /**
   * Asks again with a fresh nonce what was refused for its nonce, and so surely was not carried out. Refused twice in a
   * row, the key has seen larger nonces than ours: they jump, and a read gets one more try.
   */
  return <A>(call: ApiCall<A>, allowance: () => Allowance, isRead: boolean) => {
    const send = Effect.suspend(() =>
      Effect.flatMap(isPrivate(call.endpoint) ? post(call, allowance()) : get(call, allowance()), (answer) =>
        call.decode(answer, isPrivate(call.endpoint))
      )
    )
    return send.pipe(
      Effect.catchIf(isInvalidNonce, () => send),
      Effect.catchIf(isInvalidNonce, (refused) => Effect.zipRight(nonces.jump, isRead ? send : Effect.fail(refused)))
    )
  }
})
