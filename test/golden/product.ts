import { Effect, Layer, Option, Redacted, Stream } from "effect"
import { CallersLocal } from "../../src/layers/access/callers/CallersLocal.ts"
import { MandatesSql } from "../../src/layers/access/mandates/MandatesSql.ts"
import { Product } from "../../src/server/product.ts"
import { KrakenClientHttp } from "../../src/layers/kraken/client/KrakenClientHttp.ts"
import { KrakenWriterSettling } from "../../src/layers/kraken/writes/KrakenWriterSettling.ts"
import { McpHttpHandlerStreamable } from "../../src/layers/mcp/http/McpHttpHandlerStreamable.ts"
import { McpServerSdk } from "../../src/layers/mcp/handlers/McpServerSdk.ts"
import { McpServerEarly } from "../../src/layers/mcp/server/McpServerEarly.ts"
import { NamesKraken } from "../../src/layers/kraken/names/NamesKraken.ts"
import { NonceSourceMemory } from "../../src/layers/kraken/nonces/NonceSourceMemory.ts"
import { PaperAccounts, PaperAccountsKept } from "../../src/layers/paper/PaperAccounts.ts"
import { MarketFeedSynthetic } from "../../src/layers/paper/MarketFeedSynthetic.ts"
import { PermissionCacheKraken } from "../../src/layers/kraken/permissions/PermissionCacheKraken.ts"
import { RateBudgetModel } from "../../src/layers/kraken/rates/RateBudgetModel.ts"
import { RequestStateKeyMemory } from "../../src/layers/mcp/multiRoundTrip/RequestStateKeyMemory.ts"
import { Config } from "../../src/services/Config.ts"
import { TradingMode } from "../../src/services/TradingMode.ts"
import type { Key } from "../doubles/fake/Keys.ts"
import { inProcess } from "../doubles/fake/InProcess.ts"
import type { FakeKraken } from "../doubles/FakeKraken.ts"
import { post } from "../doubles/TestMcp.ts"
import { FeedsByRest } from "../doubles/TestFeeds.ts"
import { testConfig } from "../doubles/TestConfig.ts"
import { TestMandates } from "../doubles/TestMandates.ts"
import { CallBudgetInMemory } from "../../src/layers/access/CallBudgetSql.ts"
import { PolicyIntersecting } from "../../src/layers/access/PolicyIntersecting.ts"
import { OperatedOnPaper, type TestPrincipal } from "../doubles/TestPrincipal.ts"
import { RecordInMemory } from "../../src/layers/access/record/RecordSql.ts"
import { NoApprovals } from "../doubles/NoApprovals.ts"

/** Settings that a scenario changes. */
export type Changes = Partial<typeof Config.Service>

/** Makes the live product, from the MCP endpoint to the HTTP client, on a fake Kraken without a socket. */
export const liveProduct = (fake: Pick<FakeKraken, "handle">, key: Key | undefined, changes: Changes) => {
  const credentials = Option.map(Option.fromNullable(key), ({ key, otp, secret }) => ({
    key: Redacted.make(key),
    secret: Redacted.make(secret),
    otp: Option.map(Option.fromNullable(otp), Redacted.make)
  }))
  const kraken = KrakenWriterSettling.pipe(
    Layer.provideMerge(Layer.merge(RecordInMemory, NoApprovals)),
    Layer.provideMerge(FeedsByRest),
    Layer.provideMerge(Layer.merge(NamesKraken, PermissionCacheKraken)),
    Layer.provideMerge(KrakenClientHttp),
    Layer.provide([inProcess(fake), NonceSourceMemory]),
    Layer.provideMerge(RateBudgetModel)
  )
  return McpHttpHandlerStreamable.pipe(
    Layer.provide(McpServerSdk),
    Layer.provide([PolicyIntersecting, CallBudgetInMemory, TestMandates()]),
    Layer.provide([
      kraken,
      RequestStateKeyMemory,
      Layer.succeed(TradingMode, { mode: "live", hasKey: key !== undefined })
    ]),
    Layer.provide(McpServerEarly),
    Layer.provide(Layer.succeed(Config, testConfig({ credentials, ...changes })))
  )
}

/** Makes the product in paper mode, with its state in a folder. */
export const paperProduct = (stateDir: string, changes: Changes = {}) =>
  McpHttpHandlerStreamable.pipe(
    Layer.provide(Layer.provide(Product, [MandatesSql, CallersLocal])),
    Layer.provide(McpServerEarly),
    Layer.provide(Layer.succeed(Config, testConfig({ ...paperSettings, stateDir, ...changes }))),
    Layer.merge(OperatedOnPaper)
  )

const paperSettings: Changes = {
  mode: "paper",
  paperMarket: "synthetic",
  paperBalances: { USD: "100000", BTC: "10", ETH: "10" },
  tier: "off"
}

/** Deposits money into the account of the folder, as `mcp-kraken paper deposit` does. */
export const paperDeposit = (stateDir: string) => (asset: string, amount: string) =>
  Effect.flatMap(PaperAccounts, ({ carryOut }) => {
    const params = { account: "local", asset, amount, at_once: true, or_adjust: true }
    return carryOut("local", [{ endpoint: "control/Deposit", params }])
  }).pipe(
    Effect.provide(Layer.provide(PaperAccountsKept, MarketFeedSynthetic)),
    Effect.provideService(Config, testConfig({ ...paperSettings, stateDir })),
    Effect.orDie,
    Effect.asVoid
  )

/** The result of `tools/call`, or the error of the protocol. */
export interface Answer {
  readonly result?: {
    readonly content: ReadonlyArray<{ readonly type: string; readonly text?: string }>
    readonly structuredContent?: unknown
    readonly isError?: boolean
    readonly _meta?: Readonly<Record<string, unknown>>
  }
  readonly error?: object
}

/** Calls a tool as a client does. Of an answer in events, returns the last one. */
export const callTool = Effect.fnUntraced(function* (name: string, args: object, caller?: TestPrincipal) {
  const request = { jsonrpc: "2.0", id: 1, method: "tools/call", params: { name, arguments: args } }
  const { body, events } = yield* post(request, { "mcp-protocol-version": "2025-11-25" }, caller)
  if (body !== undefined) return body as Answer
  const text = yield* Stream.mkString(events ?? Stream.empty)
  return JSON.parse(text.slice(text.lastIndexOf("data: ") + "data: ".length)) as Answer
})
