import * as HttpClient from "@effect/platform/HttpClient"
import { RequestError } from "@effect/platform/HttpClientError"
import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import { Effect, Fiber, Layer } from "effect"
import type { FakeKraken, Outcome } from "../FakeKraken.ts"
import type { WireRequest } from "./Wire.ts"

/**
 * Makes an HttpClient that calls a fake or simulated Kraken without a socket, so that `TestClock` controls both sides.
 * Interrupting a caller does not stop a request that has been sent: it is handled to its end in the layer's scope.
 */
export const inProcess = (fake: Pick<FakeKraken, "handle">): Layer.Layer<HttpClient.HttpClient> =>
  Layer.scoped(
    HttpClient.HttpClient,
    Effect.map(Effect.scope, (scope) =>
      HttpClient.make((request, url) =>
        fake.handle(wireRequest(request, url)).pipe(
          Effect.interruptible,
          Effect.forkIn(scope),
          Effect.flatMap(Fiber.join),
          Effect.flatMap((outcome) => response(request, outcome))
        )
      )
    )
  )

const wireRequest = (request: HttpClientRequest, url: URL): WireRequest => {
  const { body, headers, method } = request
  const type = body.contentType === undefined ? {} : { "content-type": body.contentType }
  return {
    method,
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    headers: { ...type, ...headers },
    body: body._tag === "Uint8Array" ? body.body : new Uint8Array()
  }
}

const response = (request: HttpClientRequest, outcome: Outcome) => {
  if (typeof outcome === "string") {
    const code = outcome === "drop" ? "ECONNRESET" : "ECONNREFUSED"
    const cause = Object.assign(new Error(code), { code, syscall: outcome === "drop" ? "read" : "connect" })
    return Effect.fail(new RequestError({ request, reason: "Transport", cause }))
  }
  const { body, headers, status } = outcome
  const web = new Response(typeof body === "string" ? body : new Uint8Array(body), { status, headers })
  return Effect.succeed(HttpClientResponse.fromWeb(request, web))
}
