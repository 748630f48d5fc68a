import type { CallToolResult } from "@modelcontextprotocol/sdk/types.js"
import { Context, Effect, Layer, LogLevel, Logger, Option, Predicate, Random, Redacted, Scope } from "effect"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { handle } from "../src/exchange/commands/handle.ts"
import { parseFault } from "../src/exchange/rest/faults.ts"
import { makeRestExchange } from "../src/exchange/rest/seedAccount.ts"
import { CallersLocal } from "../src/layers/access/callers/CallersLocal.ts"
import { MandatesSql } from "../src/layers/access/mandates/MandatesSql.ts"
import { localOperator } from "../src/layers/access/principals.ts"
import { layout } from "../src/layers/access/record/layout.ts"
import { recordFile } from "../src/layers/access/record/recordFile.ts"
import { makeCredentials } from "../src/layers/exchange/keys.ts"
import { MarketDataRest } from "../src/layers/kraken/feed/MarketDataKraken.ts"
import { KrakenClientHttp } from "../src/layers/kraken/client/KrakenClientHttp.ts"
import { NonceSourceMemory } from "../src/layers/kraken/nonces/NonceSourceMemory.ts"
import { RateBudgetOff } from "../src/layers/kraken/rates/RateBudgetOff.ts"
import { McpServer } from "../src/layers/mcp/server/McpServer.ts"
import { McpServerEarly } from "../src/layers/mcp/server/McpServerEarly.ts"
import { decode } from "../src/layers/settings/decode.ts"
import { noDotenv } from "../src/layers/settings/dotenvFile.ts"
import * as Needs from "../src/layers/settings/needs.ts"
import { openImmediateDatabase } from "../src/layers/storage/immediateDatabase.ts"
import { run } from "../src/layers/storage/steps.ts"
import { NamesKraken } from "../src/layers/kraken/names/NamesKraken.ts"
import { makeProduct } from "../src/server/product.ts"
import { Config } from "../src/services/Config.ts"
import { TradingMode } from "../src/services/TradingMode.ts"
import { type AnyTool, tools } from "../src/tools/toolsets.ts"
import { inProcess } from "../test/doubles/fake/InProcess.ts"
import { handledBy } from "../test/doubles/handledBy.ts"
import { makeSteppedClock } from "./clock.ts"
import type { Task } from "./task.ts"

/** The beginning of every conversation: a Wednesday afternoon. */
const beginning = Date.UTC(2026, 10, 25, 15)

/** The answer of a tool as a model reads it. */
export interface Answer {
  readonly text: string
  readonly isError: boolean
  readonly data: unknown
}

/** An account at the simulated exchange, and the product that serves it. */
export interface World {
  /** The tools that a task offers. */
  readonly tools: ReadonlyArray<AnyTool["definition"]>
  /** The server's instructions for models. */
  readonly instructions: string
  readonly call: (name: string, args: object) => Effect.Effect<Answer>
  /** Lets seconds pass. */
  readonly pass: (seconds: number) => Effect.Effect<void>
  /** Lists the differences between the account and the end that a task has to come to. */
  readonly faults: () => ReadonlyArray<string>
}

/** Checks that a tool exists, or an argument such as `add_order.wait_s`. Tasks name those of later versions, too. */
export const exists = (name: string): boolean => {
  const [tool = "", argument] = name.split(".")
  const found = tools.get(tool)
  return found !== undefined && (argument === undefined || argument in (found.definition.inputSchema.properties ?? {}))
}

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "mcp-kraken-eval-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
)

/** The settings of the server over stdio, in an environment of its own. */
const configOf = ({ settings = {} }: Task, stateDir: string) => {
  const { key, secret } = makeCredentials(1)("full")
  const environment = new Map([
    ["KRAKEN_API_KEY", key],
    ["KRAKEN_API_SECRET", Redacted.value(secret)],
    ["MCP_KRAKEN_TIER", "off"],
    ["MCP_KRAKEN_STATE_DIR", stateDir],
    ...Object.entries(settings)
  ])
  const sources = { flags: new Map(), environment, dotenv: noDotenv, stateFolder: stateDir }
  const { config, problems } = decode(sources, Needs.overStdio)
  if (problems.length > 0) throw new Error(problems.join("\n"))
  return config
}

const modeOf = ({ mode }: Task): Context.Tag.Service<typeof TradingMode> =>
  mode === undefined
    ? { mode: "live", hasKey: true }
    : { mode, market: { kind: "synthetic", name: "simulated exchange" } }

/** Sets an operator secret, which no passphrase opens: writes that need a person can wait for one, who never comes. */
const setSecret = Effect.fnUntraced(function* (stateDir: string) {
  const db = yield* openImmediateDatabase({ file: join(stateDir, recordFile), layout })
  yield* db.write(() =>
    run("INSERT INTO secret (id, salt, hash, parameters, fingerprint) VALUES (1, '', '', '{}', '00')")
  )
}, Effect.scoped)

/** Runs a conversation in a new world, whose prices are the same each time. */
export const inWorld = <A, E, R>(task: Task, talk: (world: World) => Effect.Effect<A, E, R>) => {
  const { clock, during, pass } = makeSteppedClock(beginning)
  const conversation = Effect.gen(function* () {
    const rest = makeRestExchange(beginning, { seed: 1, rateLimits: false }, makeCredentials(1))
    for (const text of task.faults ?? []) {
      const fault = parseFault(text)
      if (typeof fault === "string") throw new Error(fault)
      rest.faults.push(fault)
    }
    const stateDir = yield* folder
    yield* Effect.orDie(setSecret(stateDir))
    const kraken = MarketDataRest().pipe(
      Layer.provideMerge(KrakenClientHttp),
      Layer.provide([inProcess({ handle: handledBy(rest) }), NonceSourceMemory]),
      Layer.provideMerge(RateBudgetOff),
      Layer.merge(Layer.succeed(TradingMode, modeOf(task)))
    )
    const server = makeProduct({
      kraken: Layer.provideMerge(NamesKraken, kraken),
      writer: Layer.context(),
      isServer: false
    }).pipe(
      Layer.provide([MandatesSql, CallersLocal]),
      Layer.provideMerge(McpServerEarly),
      Layer.provide(Layer.succeed(Config, configOf(task, stateDir)))
    )
    const context = yield* during(Effect.orDie(Layer.build(server)))
    const { answer, definition } = Context.get(context, McpServer)
    const principal = localOperator(Context.get(context, Config))
    const offered = task.tools.flatMap((name) => tools.get(name) ?? [])

    const call = (name: string, args: object) =>
      during(
        answer(
          { jsonrpc: "2.0", id: 1, method: "tools/call", params: { name, arguments: args } },
          { principal, revision: "handshake", client: Option.none() }
        )
      ).pipe(
        Effect.map((response): Answer => {
          if (!("result" in response)) return { text: JSON.stringify(response), isError: true, data: undefined }
          const { content, isError, structuredContent } = response.result as CallToolResult
          const text = content.flatMap((part) => (part.type === "text" ? [part.text] : [])).join("\n")
          return { text, isError: isError === true, data: structuredContent }
        })
      )

    const ask = (endpoint: string, params: object = {}): { readonly [field: string]: unknown } => {
      const { account, exchange } = rest
      const answered = handle(exchange, {
        endpoint,
        params: { ...params },
        account,
        now: clock.unsafeCurrentTimeMillis()
      })
      return "errors" in answered ? { errors: answered.errors } : Object(answered.result)
    }
    const isNew = (order: unknown) => Predicate.isRecord(order) && Number(order["opentm"]) * 1000 >= beginning
    const faults = () => {
      const { balances = {}, open, placed, withdrawals } = task.end
      const openOrders = Object.values(Object(ask("private/OpenOrders")["open"]))
      const closed = Object.values(Object(ask("private/ClosedOrders")["closed"]))
      const balance = ask("private/Balance")
      const counts = {
        open: openOrders.length,
        placed: [...openOrders, ...closed].filter(isNew).length,
        withdrawals: Object.keys(ask("private/WithdrawStatus")).length
      }
      return [
        ...Object.entries({ open, placed, withdrawals }).flatMap(([name, wanted]) => {
          const found = counts[name as keyof typeof counts]
          return wanted === undefined || wanted === found ? [] : [`${name}: expected ${wanted}, found ${found}`]
        }),
        ...Object.entries(balances).flatMap(([asset, [least, most]]) => {
          const found = Number(balance[asset] ?? 0)
          return least <= found && found <= most ? [] : [`${asset}: expected ${least} to ${most}, found ${found}`]
        })
      ]
    }
    return yield* talk({
      tools: offered.map(({ definition }) => definition),
      instructions: definition.about.instructions,
      call,
      pass,
      faults
    })
  })
  return Effect.acquireUseRelease(
    Scope.make(),
    (scope) => Scope.extend(conversation, scope),
    (scope, exit) => during(Scope.close(scope, exit))
  ).pipe(Effect.withRandom(Random.make("always")), Effect.withClock(clock), Logger.withMinimumLogLevel(LogLevel.None))
}
