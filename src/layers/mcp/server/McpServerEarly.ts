import { Effect, Layer } from "effect"
import { Config } from "../../../services/Config.ts"
import { about } from "../protocol/about.ts"
import { makeServer, McpServer } from "./McpServer.ts"

/** The server before its tools, the SDK and the client for Kraken, which take long to load. */
export const McpServerEarly = Layer.effect(
  McpServer,
  Effect.flatMap(Config, (config) => makeServer({ about: about(config) }))
)
