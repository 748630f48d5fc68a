import * as HttpClient from "@effect/platform/HttpClient"
import type { HttpClientError } from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import { DateTime, Effect, Predicate } from "effect"
import { clocks, clockTolerance, fromClocks, type Reading } from "../../../services/Clocks.ts"
import { version } from "../../../version.ts"
import { withTimeout } from "../../process/timer.ts"
import { isTracing } from "../../tracing/span.ts"
import { makeClock } from "./krakenClock.ts"
import { bodyTooLong, bytesOf } from "./nodeHttpClient.ts"
import type { ApiResponse } from "./decodeResponse.ts"
import { NoAnswer } from "../answers/sendErrors.ts"

interface SendOptions {
  readonly isLong?: boolean
  readonly onHeaders?: Effect.Effect<void>
}

export type Transport = Effect.Effect.Success<typeof makeTransport>

const userAgent = `mcp-kraken/${version}`

/** Sends requests to Kraken, and learns its clock from the responses. */
export const makeTransport = Effect.map(HttpClient.HttpClient, (client) => {
  // Spans of a client would hold the API key, and Kraken must not get trace headers. Our own client makes none.
  const untraced = HttpClient.withTracerDisabledWhen(client, () => true)
  const clock = makeClock()

  /**
   * Sends a request, which takes `timeout` milliseconds at most. `onHeaders` runs as soon as the response begins. `isLong`
   * lets the response have 64 MiB instead of 8.
   */
  const send = (
    request: HttpClientRequest.HttpClientRequest,
    timeout: number,
    { isLong = false, onHeaders = Effect.void }: SendOptions = {}
  ): Effect.Effect<ApiResponse, NoAnswer> => {
    const received = (sent: Reading) => (response: HttpClientResponse) =>
      Effect.flatMap(clocks, (received) => {
        const { headers, status } = response
        if (isKrakens(headers)) clock.learn(headers, { sent, received })
        return Effect.flatMap(onHeaders, () =>
          Effect.map(bodyOf(response, isLong ? longest.long : longest.usual), (body) => ({ status, headers, body }))
        )
      })
    const exchange = Effect.flatMap(clocks, (sent) =>
      Effect.matchEffect(
        (isTracing() ? untraced : client).execute(HttpClientRequest.setHeader(request, "User-Agent", userAgent)),
        {
          onFailure: (error) => Effect.fail(noAnswer(error)),
          onSuccess: received(sent)
        }
      )
    )
    return withTimeout(
      exchange,
      timeout,
      () => new NoAnswer({ reason: `timed out after ${timeout / 1000} s`, retry: false, sent: true })
    )
  }

  return {
    send,
    now: fromClocks((ours) => DateTime.unsafeMake(clock.at(ours))),
    clock: Effect.sync(clock.quality),
    /** The milliseconds by which the clock of this machine is behind Kraken's; 0 if it is not, or if that is not known. */
    lag: fromClocks((ours) => {
      const lag = clock.at(ours) - ours.wall
      return lag > clockTolerance ? lag : 0
    }),
    isClockDoubtful: fromClocks(clock.isDoubtful)
  }
})

/**
 * Checks that Kraken's API wrote an answer. The page of a proxy can have the time of a wrong clock, from which nonces would
 * count hours ahead.
 */
const isKrakens = (headers: { readonly [name: string]: string | undefined }): boolean =>
  /^application\/(json|octet-stream|zip)\b/i.test(headers["content-type"] ?? "")

const mebibyte = 1024 * 1024

/** The largest body of a response, and of one that can be long, in mebibytes. A larger one is cut off. */
const longest = { usual: 8, long: 64 }

/** Reads the body of a response, of some mebibytes at most. */
const bodyOf = (response: HttpClientResponse, most: number): Effect.Effect<Uint8Array, NoAnswer> =>
  Effect.mapBoth(bytesOf(response, most * mebibyte), {
    onFailure: (error) => (isTooLong(error) ? tooLong(most) : noAnswer(error)),
    onSuccess: (body) => new Uint8Array(body)
  })

const isTooLong = ({ cause }: HttpClientError): boolean => cause instanceof Error && cause.message === bodyTooLong

const tooLong = (limit: number) =>
  new NoAnswer({ reason: `an answer above ${limit} MiB, which was cut off`, retry: false, sent: true })

/** Keeps only Node's cause: the error of the HTTP client holds the request, with key and signature. */
const noAnswer = ({ _tag, cause, reason }: HttpClientError): NoAnswer => {
  const sent = _tag === "ResponseError" || (reason === "Transport" && !neverConnected(cause))
  const what = sent ? "the connection broke" : "no connection"
  const code = codeOf(cause)
  return new NoAnswer({ reason: code === undefined ? what : `${what} (${code})`, retry: true, sent, cause })
}

/** Checks that Node failed before there was a connection over which anything could have left. */
const neverConnected = (cause: unknown): boolean => {
  if (Predicate.hasProperty(cause, "errors") && Array.isArray(cause.errors)) return cause.errors.every(neverConnected)
  const call = Predicate.hasProperty(cause, "syscall") ? cause.syscall : undefined
  return call === "connect" || call === "getaddrinfo" || certificateErrors.test(codeOf(cause) ?? "")
}

/** Codes of errors about the server's certificate, with which TLS ends before the request. */
const certificateErrors = /^(CERT_|ERR_TLS_CERT|SELF_SIGNED_CERT|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_)/

const codeOf = (cause: unknown): string | undefined =>
  Predicate.hasProperty(cause, "code") && typeof cause.code === "string" ? cause.code : undefined
