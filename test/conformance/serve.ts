import { Effect, Layer, Option, Redacted } from "effect"
import { join } from "node:path"
import { HttpListener } from "../../src/layers/http/HttpListener.ts"
import { McpHttpHandlerStreamable } from "../../src/layers/mcp/http/McpHttpHandlerStreamable.ts"
import { connectSdk } from "../../src/layers/mcp/server/sdkServer.ts"
import { makeServer, McpServer } from "../../src/layers/mcp/server/McpServer.ts"
import { RequestStateKeyMemory } from "../../src/layers/mcp/multiRoundTrip/RequestStateKeyMemory.ts"
import { OpenWrites } from "../../src/services/OpenWrites.ts"
import { TokenDatabase, TokenStoreSql } from "../../src/layers/access/TokenStoreSql.ts"
import { TokenStore } from "../../src/services/TokenStore.ts"
import { freePort } from "../freePort.ts"
import { temporaryFolder } from "../temporaryFolder.ts"
import { TestConfig } from "../doubles/TestConfig.ts"
import { TestMandates } from "../doubles/TestMandates.ts"
import { TestStatus } from "../doubles/TestStatus.ts"
import { fixtures, watch } from "./fixtures.ts"
import { serveProxy } from "./proxy.ts"

const Fixtures = Layer.scoped(
  McpServer,
  Effect.tap(makeServer(fixtures), (server) => Effect.zipRight(server.serveWatch(watch), connectSdk(server, fixtures)))
)

const Served = HttpListener.pipe(
  Layer.provide(McpHttpHandlerStreamable),
  Layer.provide(Fixtures),
  Layer.provide([
    RequestStateKeyMemory,
    TestMandates(),
    TestStatus(),
    Layer.succeed(OpenWrites, { settled: Effect.void })
  ])
)

/** Serves the fixtures by the product's own HTTP listener, with bearer tokens. Returns the address of a proxy that adds the token. */
export const serveFixtures = Effect.gen(function* () {
  const port = yield* freePort
  const tokenDb = join(yield* temporaryFolder, "tokens.db")
  const tokens = TokenStoreSql.pipe(Layer.provide(TokenDatabase), Layer.provideMerge(TestConfig({ port, tokenDb })))
  const context = yield* Layer.build(Served.pipe(Layer.provideMerge(tokens)))
  const { secret } = yield* Effect.flatMap(TokenStore, (store) =>
    store.create({ name: "conformance", paperOnly: false, expiresIn: Option.none() })
  ).pipe(Effect.provide(context))
  return yield* serveProxy(port, Redacted.value(secret))
})
