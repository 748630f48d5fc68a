import * as Cookies from "@effect/platform/Cookies"
import * as Headers from "@effect/platform/Headers"
import * as HttpClient from "@effect/platform/HttpClient"
import { type HttpClientError, RequestError, ResponseError } from "@effect/platform/HttpClientError"
import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import { type HttpClientResponse, TypeId as ResponseTypeId } from "@effect/platform/HttpClientResponse"
import { inspect, MaxBodySize, TypeId, withMaxBodySize } from "@effect/platform/HttpIncomingMessage"
import * as UrlParams from "@effect/platform/UrlParams"
import { Effect, Either, Inspectable, Option, Stream } from "effect"
import { type Agent, type IncomingMessage, request as requestOverHttp } from "node:http"
import { request as requestOverHttps } from "node:https"

/** The connections of a client, for each protocol. */
export interface Agents {
  readonly http: Agent
  readonly https: Agent
}

export type MakeHttpClient = (agents: Agents) => HttpClient.HttpClient

/**
 * Makes an HTTP client over Node's own. It follows no redirects, and sends bodies that are bytes. Interrupting a caller
 * closes the connection of its request. It makes no spans, which would hold the API key, and sends no trace headers.
 *
 * The client of `@effect/platform-node` does the same with several fibers and streams, for ten times the processor time.
 * `HttpClient.make` alone adds an abort signal to each request and a wrapper to each response.
 */
export const makeHttpClient: MakeHttpClient = (agents) =>
  HttpClient.makeWith<never, never, HttpClientError, never>(
    Effect.flatMap((request) =>
      Either.match(UrlParams.makeUrl(request.url, request.urlParams, request.hash), {
        onLeft: (cause) => Effect.fail(new RequestError({ request, reason: "InvalidUrl", cause })),
        onRight: (url) => exchange(agents, request, url)
      })
    ),
    Effect.succeed
  )

/** Makes the same client by `HttpClient.make`, which makes spans, and whose requests `HttpClient.withScope` can end. */
export const makeAbortableHttpClient: MakeHttpClient = (agents) =>
  HttpClient.make((request, url, signal) => exchange(agents, request, url, signal))

/** Closes the connections of responses that are not used any more and were not read. */
const unread = new FinalizationRegistry<() => void>((close) => close())

/** Sends a request, and waits until its response begins. The connection is closed when `signal` tells so. */
const exchange = ({ http, https }: Agents, request: HttpClientRequest, url: URL, signal?: AbortSignal) =>
  Effect.async<HttpClientResponse, RequestError>((resume) => {
    const { body, headers, method } = request
    const fail = (reason: "Encode" | "Transport", cause: unknown) =>
      resume(Effect.fail(new RequestError({ request, reason, cause })))
    if (body._tag !== "Empty" && body._tag !== "Uint8Array") return fail("Encode", new Error("a body without bytes"))
    const sent =
      url.protocol === "https:"
        ? requestOverHttps(url, { agent: https, method, headers })
        : requestOverHttp(url, { agent: http, method, headers })
    const close = () => void sent.destroy()
    signal?.addEventListener("abort", close, { once: true })
    sent.once("response", (source) => {
      const response = new Response(request, source)
      unread.register(response, close, response)
      resume(Effect.succeed(response))
    })
    // The listener stays, since a late error without a listener would end the process.
    sent.on("error", (cause) => fail("Transport", cause))
    sent.end(body._tag === "Uint8Array" ? body.body : undefined)
    return Effect.sync(close)
  })

/**
 * Reads the body of a response, of some bytes at most. A response of this client takes the limit as it is. For any other it
 * has to be put into the context, which costs as much as ten other steps.
 */
export const bytesOf = (response: HttpClientResponse, most: number): Effect.Effect<ArrayBuffer, ResponseError> =>
  response instanceof Response ? response.bytes(most) : response.arrayBuffer.pipe(withMaxBodySize(Option.some(most)))

/** The message of the error that ends a body above the limit, as `@effect/platform-node` words it. */
export const bodyTooLong = "maxBytes exceeded"

/** A response whose body is read when it is used. A body above `MaxBodySize` is cut off. */
class Response extends Inspectable.Class implements HttpClientResponse {
  readonly [ResponseTypeId]: typeof ResponseTypeId = ResponseTypeId
  readonly [TypeId]: typeof TypeId = TypeId
  readonly request: HttpClientRequest
  readonly status: number
  readonly headers: Headers.Headers
  readonly #source: IncomingMessage

  constructor(request: HttpClientRequest, source: IncomingMessage) {
    super()
    this.request = request
    this.status = source.statusCode ?? 0
    this.headers = Headers.fromInput(source.headers)
    this.#source = source
  }

  get arrayBuffer() {
    return Effect.flatMap(MaxBodySize, (most) => this.bytes(Number(Option.getOrElse(most, () => Infinity))))
  }

  get stream() {
    return Stream.map(Stream.fromEffect(this.arrayBuffer), (bytes) => new Uint8Array(bytes))
  }

  get text() {
    return Effect.map(this.arrayBuffer, (bytes) => new TextDecoder().decode(bytes))
  }

  get json(): Effect.Effect<unknown, ResponseError> {
    return Effect.tryMap(this.text, { try: (text): unknown => JSON.parse(text), catch: (cause) => this.#error(cause) })
  }

  get urlParamsBody() {
    return Effect.map(this.text, (text) => UrlParams.fromInput(new URLSearchParams(text)))
  }

  get formData(): Effect.Effect<never, ResponseError> {
    return Effect.fail(this.#error(new Error("forms are not read")))
  }

  get cookies() {
    return Cookies.fromSetCookie(this.#source.headers["set-cookie"] ?? [])
  }

  get remoteAddress() {
    return Option.fromNullable(this.#source.socket.remoteAddress)
  }

  override toJSON(): unknown {
    return inspect(this, { _id: "HttpClientResponse", request: this.request.toJSON(), status: this.status })
  }

  #error(cause: unknown): ResponseError {
    return new ResponseError({ request: this.request, response: this, reason: "Decode", cause })
  }

  /** Reads the whole body, in parts that are copied once. */
  bytes(most: number): Effect.Effect<ArrayBuffer, ResponseError> {
    const source = this.#source
    return Effect.async((resume) => {
      unread.unregister(this)
      const parts: Array<Buffer> = []
      let length = 0
      const end = (effect: Effect.Effect<ArrayBuffer, ResponseError>) => {
        source.off("data", onData).off("end", onEnd).off("close", onGone)
        resume(effect)
      }
      const onData = (part: Buffer) => {
        parts.push(part)
        length += part.length
        if (length <= most) return
        end(Effect.fail(this.#error(new Error(bodyTooLong))))
        source.destroy()
      }
      const onEnd = () => end(Effect.succeed(joined(parts, length)))
      const onGone = () => end(Effect.fail(this.#error(new Error("the connection was closed"))))
      // The listener of errors stays, since a late error without a listener would end the process.
      source.on("data", onData).on("end", onEnd).on("close", onGone)
      source.on("error", (cause) => end(Effect.fail(this.#error(cause))))
      return Effect.sync(() => void source.destroy())
    })
  }
}

const joined = (parts: ReadonlyArray<Buffer>, length: number): ArrayBuffer => {
  const bytes = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes.buffer
}
