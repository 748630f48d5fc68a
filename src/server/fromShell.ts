import { Context, Effect, Layer, Option } from "effect"
import { CallersLocal } from "../layers/access/callers/CallersLocal.ts"
import { MandatesSql } from "../layers/access/mandates/MandatesSql.ts"
import { SharedPostgresOfSettings } from "../layers/storage/SharedPostgres.ts"
import { localOperator } from "../layers/access/principals.ts"
import { McpServer } from "../layers/mcp/server/McpServer.ts"
import { McpServerEarly } from "../layers/mcp/server/McpServerEarly.ts"
import { ConfigEnv } from "../layers/settings/ConfigEnv.ts"
import * as Needs from "../layers/settings/needs.ts"
import { LocalAccount } from "../layers/settings/ofAccount.ts"
import { settings } from "../layers/settings/settingDefinitions.ts"
import { Logging } from "../layers/telemetry/logging.ts"
import { Config } from "../services/Config.ts"
import { Principal } from "../services/Principal.ts"
import { type AnyTool, tools } from "../tools/toolsets.ts"
import { answerCall, type ToolCall, type Watcher } from "./answerCall.ts"
import { productOnce } from "./product.ts"
import { makeWriteGate } from "./writeGate.ts"

/** The settings of a command that calls tools. */
export interface ShellOptions {
  readonly paper: boolean
  /** The Kraken account, if it is not that of the settings. */
  readonly account: Option.Option<string>
  readonly envFile: Option.Option<string>
}

/**
 * The settings of a server over stdio, since both act for the user who starts them. Without a setting for it, only errors
 * are logged, since mail from cron would hold the rest, and Kraken's WebSocket is not used for one call.
 */
const Settings = ({ account, envFile, paper }: ShellOptions) =>
  Layer.provideMerge(LocalAccount, Logging()).pipe(
    Layer.provideMerge(
      ConfigEnv(
        Needs.overStdio,
        envFile,
        new Map([
          ...(paper ? [[settings.mode.name, "paper"] as const] : []),
          ...Option.toArray(account).map((name) => [settings.account.name, name] as const)
        ]),
        new Map([
          [settings.logLevel.name, "error"],
          [settings.feed.name, "off"]
        ])
      )
    )
  )

/** Runs an effect on the product, for the user who started the process, under the mandate of the settings. */
const onProduct = <A, E, R>(
  effect: Effect.Effect<A, E, R>,
  options: ShellOptions,
  product: ReturnType<typeof productOnce>
) =>
  Effect.gen(function* () {
    const context = yield* Layer.build(
      Layer.provide(product, Layer.provideMerge(Layer.merge(MandatesSql, CallersLocal), SharedPostgresOfSettings))
    )
    return yield* Effect.provideService(effect, Principal, localOperator(Context.get(context, Config)))
  }).pipe(Effect.scoped, Effect.provide(Layer.provideMerge(McpServerEarly, Settings(options))))

/** Calls a tool. */
export const callTool = (call: ToolCall, options: ShellOptions, watcher: Watcher) => {
  const gate = makeWriteGate()
  return onProduct(answerCall(call, gate, watcher), options, productOnce(gate.layer))
}

/** A tool that is offered. */
export interface OfferedTool {
  readonly toolset: string
  readonly intent: string
  readonly definition: AnyTool["definition"]
}

/** Lists the tools that the settings offer, as `tools/list` over stdio does. */
export const listTools = (options: ShellOptions) =>
  onProduct(
    Effect.gen(function* () {
      const { answer } = yield* McpServer
      const principal = yield* Principal
      const response = yield* answer(
        { jsonrpc: "2.0", id: 1, method: "tools/list" },
        { principal, revision: "handshake", client: Option.none() }
      )
      const listed = "result" in response && Array.isArray(response.result["tools"]) ? response.result["tools"] : []
      const names: ReadonlySet<unknown> = new Set(listed.map((tool) => Object(tool).name))
      return [...tools.values()]
        .filter(({ name }) => names.has(name))
        .map(({ definition, intent, toolset }): OfferedTool => ({ definition, intent, toolset }))
    }),
    options,
    productOnce(Layer.context())
  )
