import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { Layer } from "effect"

/** The milliseconds after which an idle connection is closed. */
export const idleTimeout = 20_000

/**
 * Node's HTTP client with keep-alive connections. It follows no redirects. An idle connection is closed after 20 s,
 * before the other side does so: a request on a connection that is being closed fails.
 */
export const HttpClientKeepAlive = NodeHttpClient.layerWithoutAgent.pipe(
  Layer.provide(NodeHttpClient.makeAgentLayer({ keepAlive: true, timeout: idleTimeout }))
)
