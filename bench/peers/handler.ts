/** The complete HTTP and MCP handling with its token check, in front of a Kraken that answers inside the process. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Effect, Layer, Option } from "effect"
import { ConfigEnv } from "../../src/layers/settings/ConfigEnv.ts"
import { HttpListener } from "../../src/layers/http/HttpListener.ts"
import { Logging } from "../../src/layers/telemetry/logging.ts"
import { McpHttpHandlerStreamable } from "../../src/layers/mcp/http/McpHttpHandlerStreamable.ts"
import { McpServerSdk } from "../../src/layers/mcp/handlers/McpServerSdk.ts"
import { McpServerEarly } from "../../src/layers/mcp/server/McpServerEarly.ts"
import { RateBudgetOff } from "../../src/layers/kraken/rates/RateBudgetOff.ts"
import { RequestStateKeyMemory } from "../../src/layers/mcp/multiRoundTrip/RequestStateKeyMemory.ts"
import { overHttp } from "../../src/layers/settings/needs.ts"
import { MandatesSql } from "../../src/layers/access/mandates/MandatesSql.ts"
import { OpenWrites } from "../../src/services/OpenWrites.ts"
import { TokenDatabase, TokenStoreSql } from "../../src/layers/access/TokenStoreSql.ts"
import { TestKraken } from "../../test/doubles/TestKraken.ts"
import { TestStatus } from "../../test/doubles/TestStatus.ts"
import { PolicyIntersecting } from "../../src/layers/access/PolicyIntersecting.ts"

const Kraken = TestKraken({
  answers: { "public/Time": { unixtime: 1761000000, rfc1123: "Mon, 20 Oct 25 22:40:00 +0000" } }
})

HttpListener.pipe(
  Layer.provide(McpHttpHandlerStreamable),
  Layer.provide(McpServerSdk),
  Layer.provide(PolicyIntersecting),
  Layer.provide(McpServerEarly),
  Layer.provide([
    Kraken,
    RateBudgetOff,
    Layer.succeed(OpenWrites, { settled: Effect.void }),
    RequestStateKeyMemory,
    TestStatus(),
    MandatesSql,
    Layer.provide(TokenStoreSql, TokenDatabase)
  ]),
  Layer.provide(Logging()),
  Layer.provide(ConfigEnv(overHttp, Option.none(), new Map([["MCP_KRAKEN_PORT", process.argv[2] ?? ""]]))),
  Layer.launch,
  NodeRuntime.runMain({ disablePrettyLogger: true })
)
