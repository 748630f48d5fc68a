import * as HttpClient from "@effect/platform/HttpClient"
import { Effect, Layer, type Scope } from "effect"
import { Agent as HttpAgent } from "node:http"
import { Agent as HttpsAgent } from "node:https"
import { type Agents, type MakeHttpClient, makeAbortableHttpClient, makeHttpClient } from "./nodeHttpClient.ts"

/** The milliseconds after which an idle connection is closed. */
export const idleTimeout = 20_000

/** Makes a client over agents, whose connections are closed with the scope. */
export const clientOver = <E, R>(agents: Effect.Effect<Agents, E, R>, make: MakeHttpClient) =>
  Layer.scoped(
    HttpClient.HttpClient,
    Effect.map(
      Effect.acquireRelease(agents, ({ http, https }) =>
        Effect.sync(() => {
          http.destroy()
          https.destroy()
        })
      ),
      make
    )
  ) satisfies Layer.Layer<HttpClient.HttpClient, E, Exclude<R, Scope.Scope>>

const keepAlive = Effect.sync(() => {
  const options = { keepAlive: true, timeout: idleTimeout }
  return { http: new HttpAgent(options), https: new HttpsAgent(options) }
})

/**
 * Node's HTTP client with keep-alive connections, for calls to Kraken. It follows no redirects. An idle connection is
 * closed after 20 s, before the other side does so: a request on a connection that is being closed fails.
 */
export const HttpClientKeepAlive = clientOver(keepAlive, makeHttpClient)

/** The same client, whose requests end with a scope if `HttpClient.withScope` says so. It makes spans. */
export const HttpClientAbortable = clientOver(keepAlive, makeAbortableHttpClient)
