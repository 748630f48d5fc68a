import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { Layer } from "effect"

/**
 * Node's HTTP client with connections that are kept and used again, and no redirects followed. An idle connection is
 * closed after 20 s: one that the other side is about to close would take a request down with it.
 */
export const HttpClientKeepAlive = NodeHttpClient.layerWithoutAgent.pipe(
  Layer.provide(NodeHttpClient.makeAgentLayer({ keepAlive: true, timeout: 20_000 }))
)
