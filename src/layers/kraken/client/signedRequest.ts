import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { Effect, Either, Option, Redacted } from "effect"
import { type Endpoint, isPrivate, type Params } from "../../../domain/endpoints/endpoints.ts"
import { encodeBody, encodeQuery } from "../../../domain/wire/requests.ts"
import { sign } from "../../../domain/wire/signature.ts"
import { clockTolerance, monotonic } from "../../../services/Clocks.ts"
import { Config } from "../../../services/Config.ts"
import type { LeavingIntent, Priority } from "../../../services/KrakenClient.ts"
import { defaultAccount } from "../../../services/KrakenAccount.ts"
import { describeLag, KrakenCredentialsMissing } from "../../../services/KrakenErrors.ts"
import type { Frozen } from "../../../services/LimitErrors.ts"
import { type MayNotLeave, NonceSource, type Turn } from "../../../services/NonceSource.ts"
import type { ApiResponse } from "./decodeResponse.ts"
import type { Transport } from "./transport.ts"
import { elapsed, timed } from "../../metrics/instrument.ts"
import { accountLabel } from "../../metrics/accountLabel.ts"
import { laneWaits, nonceResyncs, requests } from "../../metrics/instruments.ts"
import { span } from "../../tracing/span.ts"
import { type ApiRefusal, errorTypeOf, isInvalidNonce, type NoAnswer, SendFailed } from "../answers/sendErrors.ts"

/** A call: the request, its priority, and the decoder of its response. */
export interface ApiCall<A> {
  readonly endpoint: Endpoint
  /** Makes the parameters of a request right before it leaves. */
  readonly params: Effect.Effect<Params>
  readonly priority: Priority
  readonly intent?: LeavingIntent | undefined
  readonly accept: string
  /** Checks, right before the request leaves, that it may leave. */
  readonly check?: Effect.Effect<void, Frozen>
  readonly decode: (response: ApiResponse, isPrivate: boolean) => Either.Either<A, NoAnswer | ApiRefusal>
}

/** Makes the function that sends calls: a GET for a public one, a signed POST in the lane of the key for a private one. */
export const makeSignedRequest = Effect.fnUntraced(function* (transport: Transport) {
  const config = yield* Config
  const { baseUrl, credentials, unreadFile } = config
  const account = accountLabel(config)
  const nonces = yield* NonceSource

  /** Sends a request, and decodes the response. Only the time since the request left counts. */
  const roundTrip = <A>(
    { decode, endpoint }: ApiCall<A>,
    request: HttpClientRequest.HttpClientRequest,
    left: number,
    onHeaders?: Effect.Effect<void>
  ): Effect.Effect<A, SendFailed> =>
    Effect.flatMap(monotonic, (sentAt) => {
      const fail = (error: NoAnswer | ApiRefusal) =>
        Effect.flatMap(monotonic, (now) => new SendFailed({ error, left: left - (now - sentAt) }))
      return Effect.matchEffect(
        transport.send(request, left, { isLong: longAnswers.has(endpoint), ...(onHeaders && { onHeaders }) }),
        {
          onFailure: fail,
          onSuccess: (response) =>
            Either.match(decode(response, isPrivate(endpoint)), { onLeft: fail, onRight: Effect.succeed })
        }
      )
    }).pipe(
      timed((seconds, exit) => requests.record(seconds, endpoint, errorTypeOf(exit), account)),
      span({ name: endpoint, kind: "client", attributes: { endpoint } })
    )

  /** The lag that the nonces count with, in milliseconds. */
  let knownLag = 0

  /**
   * Counts nonces from Kraken's time if the clock of this machine is behind. Otherwise, Kraken would refuse all of them
   * for a key that was used before with a right clock, and lock it out.
   */
  const followClock = Effect.flatMap(transport.lag, (lag) => {
    if (Math.abs(lag - knownLag) <= clockTolerance) return Effect.void
    knownLag = lag
    const warned =
      lag === 0
        ? Effect.logInfo("The clock of this machine agrees with Kraken's again")
        : Effect.logWarning(
            `The clock of this machine is ${describeLag(lag)} behind Kraken's. Nonces count from Kraken's time. Set the clock.`
          )
    return Effect.zipRight(nonces.setLag(lag), warned)
  })

  const get = <A>(call: ApiCall<A>, left: number) =>
    Effect.flatMap(call.params, (params) => {
      const query = encodeQuery(params)
      const url = `${baseUrl}/0/${call.endpoint}${query && "?"}${query}`
      return roundTrip(call, HttpClientRequest.get(url, { headers: { Accept: call.accept } }), left)
    })

  /**
   * Leaves the lane when the response begins, since later nonces can't overtake this one any more. The next nonce counts
   * from the time in that response.
   */
  const post = <A>(
    call: ApiCall<A>,
    left: number
  ): Effect.Effect<A, SendFailed | Frozen | KrakenCredentialsMissing | MayNotLeave> => {
    const { accept, check = Effect.void, endpoint, intent, params, priority } = call
    if (Option.isNone(credentials))
      return new KrakenCredentialsMissing({
        endpoint,
        ...(config.account !== defaultAccount && { account: config.account }),
        unreadFile: Option.getOrUndefined(unreadFile)
      })
    const { key, otp, secret } = credentials.value
    const send = (turn: Turn) =>
      Effect.flatMap(params, (params) => {
        const nonce = turn.nonce.toString()
        const body = encodeBody(nonce, params, Option.getOrUndefined(Option.map(otp, Redacted.value)))
        const request = HttpClientRequest.post(`${baseUrl}/0/${endpoint}`, {
          body: HttpBody.text(body.text, body.contentType),
          headers: {
            Accept: accept,
            "API-Key": Redacted.value(key),
            "API-Sign": sign(`/0/${endpoint}`, nonce, body.text, secret)
          }
        })
        return Effect.zipRight(check, roundTrip(call, request, left, Effect.zipRight(followClock, turn.end)))
      })
    const turn = Effect.suspend(() => {
      const taken = elapsed()
      const sendInTurn = (turn: Turn) => {
        laneWaits.record(taken(), priority, account)
        return send(turn)
      }
      return intent === undefined ? nonces.turn(priority, sendInTurn) : nonces.turnOf(intent, priority, sendInTurn)
    })
    return Effect.zipRight(followClock, turn)
  }

  /**
   * Sends a call, and sends it again with a new nonce if Kraken refused the nonce: such a call was definitely not carried
   * out. After the second refusal, the key has seen larger nonces than ours. They jump, and a read is sent a third time.
   * `timeout`, in milliseconds, holds for all requests of a read together, and for each request of a write.
   *
   * @see https://docs.kraken.com/api/docs/guides/spot-rest-auth read 2026-08-17
   */
  return <A>(call: ApiCall<A>, timeout: number, isRead: boolean) => {
    const { endpoint, priority } = call
    const inLane = span({ name: "kraken.lane", kind: "internal", attributes: { endpoint, priority } })
    const send = (left: number) => (isPrivate(endpoint) ? inLane(post(call, left)) : get(call, left))
    // The window of the key might have become smaller.
    const again = ({ left }: SendFailed) => Effect.zipRight(nonces.setWindow(0n), send(isRead ? left : timeout))
    return send(timeout).pipe(
      Effect.catchIf(isNonceRefused, (failed) => {
        nonceResyncs.add("retry", account)
        return again(failed)
      }),
      Effect.catchIf(isNonceRefused, (failed) => {
        nonceResyncs.add("jump", account)
        return Effect.zipRight(nonces.jump, isRead ? again(failed) : Effect.fail(failed))
      })
    )
  }
})

/** Endpoints that answer with whole lists or files. */
const longAnswers: ReadonlySet<Endpoint> = new Set<Endpoint>([
  "public/Assets",
  "public/AssetPairs",
  "public/Ticker",
  "private/RetrieveExport"
])

const isNonceRefused = (failed: unknown): failed is SendFailed =>
  failed instanceof SendFailed && isInvalidNonce(failed.error)
