import { Server } from "@modelcontextprotocol/sdk/server/index.js"
import {
  type CallToolRequest,
  CallToolRequestSchema,
  type CallToolResult,
  ErrorCode,
  ListToolsRequestSchema,
  McpError
} from "@modelcontextprotocol/sdk/types.js"
import { AjvJsonSchemaValidator } from "@modelcontextprotocol/sdk/validation/ajv"
import { Cause, Clock, Context, Effect, Exit, Layer, Option, Runtime } from "effect"
import { allows } from "../domain/permissions.ts"
import { type Caller, CallFacts, callerId, type Progress } from "../services/CallFacts.ts"
import { Config } from "../services/Config.ts"
import { PermissionCache } from "../services/PermissionCache.ts"
import { RateBudget } from "../services/RateBudget.ts"
import * as ToolError from "../tools/ToolError.ts"
import { type AnyTool, select, type ToolServices } from "../tools/Toolsets.ts"
import { about } from "./mcp/about.ts"
import { attach, type Extra } from "./mcp/attachments.ts"
import { bounded } from "./mcp/bounded.ts"
import { Mux } from "./mcp/Mux.ts"
import type { About } from "./mcp/Protocol.ts"

/** The one SDK server of the process, behind a transport that all callers share, and what it says of itself. */
export class McpServer extends Context.Tag("mcp-kraken/layers/McpServer")<
  McpServer,
  { readonly mux: Mux; readonly about: About }
>() {}

/** Where Effect meets the MCP SDK: the SDK's signal of cancellation interrupts the tool. */
export const McpServerSdk = Layer.scoped(
  McpServer,
  Effect.gen(function* () {
    const config = yield* Config
    const runtime = yield* Effect.runtime<ToolServices | RateBudget>()
    const tools = select(config.toolsets, config)
    const itself = about(config, tools.size)
    const server = new Server(itself.serverInfo, {
      capabilities: itself.capabilities,
      instructions: itself.instructions,
      // Without one for all, the SDK builds a validator of its own for each server.
      jsonSchemaValidator: new AjvJsonSchemaValidator()
    })

    const run = <A>(effect: Effect.Effect<A, McpError, ToolServices | RateBudget>, { signal }: Extra) =>
      Runtime.runPromiseExit(runtime)(effect, { signal }).then(
        Exit.getOrElse((cause) => {
          throw Option.getOrElse(
            Cause.failureOption(cause),
            () => new McpError(ErrorCode.InternalError, "Internal error")
          )
        })
      )

    server.setRequestHandler(ListToolsRequestSchema, (_, extra) =>
      run(
        Effect.map(visible(tools, config), (tools) => ({ tools: tools.map(({ definition }) => definition) })),
        extra
      )
    )
    server.setRequestHandler(CallToolRequestSchema, ({ params }, extra) =>
      run(call(tools, config, params, extra), extra)
    )

    attach(server, config, (effect, extra) =>
      run(Effect.provideService(effect, CallFacts, factsOf(extra, config)), extra)
    )

    const mux = new Mux()
    yield* Effect.acquireRelease(
      Effect.promise(() => server.connect(mux)),
      () => Effect.promise(() => server.close())
    )
    return { mux, about: itself }
  })
)

type Tools = ReadonlyMap<string, AnyTool>

/** The tools of the list, in the same order for all. */
const visible = Effect.fnUntraced(function* (tools: Tools, { hideDenied }: typeof Config.Service) {
  const all = [...tools.values()]
  if (!hideDenied) return all
  const keys = yield* PermissionCache
  return Option.match(yield* keys.known, {
    onNone: () => all,
    onSome: ({ permissions }) => all.filter((tool) => allows(permissions, tool.permissions))
  })
})

/** One call of a tool: its answer, or its failure in words for the model. */
const call = (
  tools: Tools,
  config: typeof Config.Service,
  params: CallToolRequest["params"],
  extra: Extra
): Effect.Effect<CallToolResult, McpError, ToolServices | RateBudget> =>
  Effect.gen(function* () {
    const tool = tools.get(params.name)
    if (tool === undefined) return yield* Effect.fail(unknownTool(params.name, config))
    const started = yield* Clock.currentTimeMillis
    const caller = callerOf(extra)
    let outcome = "ok"
    const result = yield* tool.call(params.arguments).pipe(
      Effect.catchAll((error) => {
        outcome = error._tag
        return Effect.succeed(ToolError.render(error))
      }),
      Effect.catchAllDefect((defect) => {
        outcome = "Defect"
        return Effect.as(Effect.logError("Tool died", Cause.die(defect)), ToolError.internal(tool.intent !== "read"))
      }),
      Effect.onInterrupt(() =>
        Effect.logInfo("tool").pipe(Effect.annotateLogs({ tool: tool.name, outcome: "cancelled" }))
      ),
      Effect.provideService(CallFacts, factsOf(extra, config))
    )
    const ms = (yield* Clock.currentTimeMillis) - started
    yield* Effect.logInfo("tool").pipe(Effect.annotateLogs({ tool: tool.name, caller: callerId(caller), outcome, ms }))
    return yield* withMeta(tool, bounded(result))
  })

const unknownTool = (name: string, { readOnly }: typeof Config.Service) =>
  new McpError(
    ErrorCode.InvalidParams,
    `Unknown tool: ${name.slice(0, 100)}${readOnly ? " (this server only reads; tools that write are not offered)" : ""}`
  )

const callerOf = ({ authInfo }: Extra): Caller =>
  (authInfo?.extra?.["caller"] as Caller | undefined) ?? { _tag: "Local" }

const factsOf = (extra: Extra, { readOnly }: typeof Config.Service) => ({
  caller: callerOf(extra),
  requestId: String(extra.requestId),
  readOnly,
  report: reporter(extra)
})

/** Progress goes to clients that asked for it, always upwards. */
const reporter = ({ _meta, sendNotification }: Extra) => {
  const progressToken = _meta?.progressToken
  if (progressToken === undefined) return () => Effect.void
  let last = 0
  return ({ message, progress, total }: Progress) =>
    Effect.suspend(() => {
      last = Math.max(progress, last + 1)
      const params = {
        progressToken,
        progress: last,
        ...(total !== undefined && { total }),
        ...(message && { message })
      }
      return Effect.ignore(Effect.tryPromise(() => sendNotification({ method: "notifications/progress", params })))
    })
}

/** What is left of Kraken's rate budget, beside every answer of a call that may have used it. */
const withMeta = (tool: AnyTool, result: CallToolResult) =>
  tool.permissions.length === 0
    ? Effect.succeed(result)
    : Effect.flatMap(RateBudget, (budget) =>
        Effect.map(budget.remaining, (remaining) => ({
          ...result,
          _meta: { ...result._meta, "mcp-kraken/rate-budget": remaining }
        }))
      )
