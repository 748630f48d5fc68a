import { Effect, Layer } from "effect"
import { EdgeMux } from "../../../src/layers/mcp/EdgeMux.ts"
import { McpEdge } from "../../../src/layers/mcp/Edge.ts"
import { McpServerSdk } from "../../../src/layers/McpServer.ts"
import { SealKeyMemory } from "../../../src/layers/SealKeyMemory.ts"
import type { Caller } from "../../../src/services/CallFacts.ts"
import type { Config } from "../../../src/services/Config.ts"
import type { KrakenClient } from "../../../src/services/KrakenClient.ts"
import { RateBudget } from "../../../src/services/RateBudget.ts"
import { TestConfig } from "../../TestConfig.ts"
import { TestKraken } from "../../TestKraken.ts"

const TestBudget = Layer.mock(RateBudget, {
  remaining: Effect.succeed({ rest: { remaining: 15, maximum: 15, decayPerSecond: 0.33 } })
})

/** The SDK server of the product over mock layers of Kraken. */
export const TestMcpServer = (
  kraken: Parameters<typeof TestKraken>[0] = {},
  config: Partial<typeof Config.Service> = {},
  client: Layer.Layer<KrakenClient> | undefined = undefined
) => {
  const services = client === undefined ? TestKraken(kraken) : Layer.merge(TestKraken(kraken), client)
  return McpServerSdk.pipe(Layer.provide([services, TestBudget, SealKeyMemory]), Layer.provideMerge(TestConfig(config)))
}

/** The HTTP edge of the product over the same. */
export const TestEdge = (...options: Parameters<typeof TestMcpServer>) =>
  EdgeMux.pipe(Layer.provideMerge(TestMcpServer(...options)))

/** Posts a message and reads the answer, JSON or events, as data. */
export const post = (body: unknown, headers: Record<string, string> = {}, caller: Caller = { _tag: "Local" }) =>
  Effect.gen(function* () {
    const edge = yield* McpEdge
    const answer = yield* edge.post({ headers, body: typeof body === "string" ? body : JSON.stringify(body), caller })
    if (answer._tag === "Events") return { status: 200, events: answer.events, body: undefined }
    return { status: answer.status, body: answer.body === undefined ? undefined : JSON.parse(answer.body) }
  })

const prefix = "io.modelcontextprotocol/"

/** A request of 2026-07-28 with the headers that go with it. */
export const modern = (
  method: string,
  params: { readonly [name: string]: unknown } = {},
  headers: Record<string, string> = {}
) => {
  const { _meta, ...rest } = params
  const meta = {
    [`${prefix}protocolVersion`]: "2026-07-28",
    [`${prefix}clientCapabilities`]: {},
    [`${prefix}clientInfo`]: { name: "test", version: "0" },
    ...Object(_meta)
  }
  const name = rest["name"] ?? rest["uri"]
  return post(
    { jsonrpc: "2.0", id: 1, method, params: { ...rest, _meta: meta } },
    {
      "mcp-protocol-version": "2026-07-28",
      "mcp-method": method,
      ...(typeof name === "string" && { "mcp-name": name }),
      ...headers
    }
  )
}

/** A request of the eras before. */
export const legacy = (method: string, params?: object) =>
  post({ jsonrpc: "2.0", id: 1, method, ...(params && { params }) }, { "mcp-protocol-version": "2025-11-25" })
