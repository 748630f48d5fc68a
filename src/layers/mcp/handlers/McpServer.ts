import { AjvJsonSchemaValidator } from "@modelcontextprotocol/sdk/validation/ajv"
import { Cause, Clock, Effect, Exit, Layer, Option } from "effect"
import { allows } from "../../../domain/keys/permissions.ts"
import { callerId } from "../../../services/CallFacts.ts"
import { Config } from "../../../services/Config.ts"
import { PermissionCache } from "../../../services/PermissionCache.ts"
import { RateBudget } from "../../../services/RateBudget.ts"
import { TradingMode } from "../../../services/TradingMode.ts"
import { defect } from "../../../tools/kit/Tool.ts"
import * as ToolError from "../../../tools/ToolError.ts"
import { type AnyTool, select, type ToolServices } from "../../../tools/Toolsets.ts"
import { attachments } from "./attachments.ts"
import { withBeat } from "./beat.ts"
import { makeBounded } from "./bounded.ts"
import { connectSdk } from "../server/SdkServer.ts"
import { McpServer } from "../server/Server.ts"
import { type Call, type Handler, ProtocolError } from "../protocol/Surface.ts"
import { simulated, tradingMeta } from "./trading.ts"

type Services = ToolServices | RateBudget

/** Puts the product behind the server: where tools meet the protocol. */
export const McpServerSdk = Layer.scopedDiscard(
  Effect.gen(function* () {
    const server = yield* McpServer
    const config = yield* Config
    const trading = yield* TradingMode
    const tools = select(config.toolsets, config)
    const validator = new AjvJsonSchemaValidator()
    const methods = {
      "tools/list": makeList(tools, config),
      "tools/call": makeCall(tools, config, trading, makeBounded(validator)),
      ...attachments(config, trading, tools)
    }
    yield* connectSdk(server, { methods, readOnly: config.readOnly }, validator)
  })
)

type Tools = ReadonlyMap<string, AnyTool>

/** The tools that a caller gets to see, in the same order for all. Equal lists are one, so that their text is made once. */
const makeList = (tools: Tools, { hideDenied }: typeof Config.Service): Handler<"tools/list", Services> => {
  const lists = new Map<string, Array<AnyTool["definition"]>>()
  const listOf = (tools: ReadonlyArray<AnyTool>) => {
    const names = tools.map(({ name }) => name).join()
    const list = lists.get(names) ?? tools.map(({ definition }) => definition)
    lists.set(names, list)
    return list
  }
  const all = [...tools.values()]
  const everything = Effect.succeed({ tools: listOf(all) })
  if (!hideDenied) return () => everything
  return Effect.fnUntraced(function* () {
    const keys = yield* PermissionCache
    const known = yield* keys.known
    if (Option.isNone(known)) return { tools: listOf(all) }
    return { tools: listOf(all.filter((tool) => allows(known.value.permissions, tool.permissions))) }
  })
}

/** One call of a tool: its answer, or its failure in words for the model. */
const makeCall = (
  tools: Tools,
  config: typeof Config.Service,
  trading: typeof TradingMode.Service,
  bounded: ReturnType<typeof makeBounded>
): Handler<"tools/call", Services> =>
  Effect.fnUntraced(function* ({ arguments: args, name }, call) {
    const tool = tools.get(name)
    if (tool === undefined) return yield* unknownTool(name, config)
    const started = yield* Clock.currentTimeMillis
    let outcome = "ok"
    const result = yield* withBeat(call, tool.call(args)).pipe(
      Effect.catchAllCause((cause) => {
        const failure = Option.getOrUndefined(Cause.failureOption(cause))
        outcome = failure?._tag ?? "ToolDefect"
        if (failure?._tag === "InputRequired") return Effect.fail(failure)
        if (failure !== undefined) return Effect.succeed(ToolError.render(failure))
        const facts = { tool: name, outcome: tool.intent === "read" ? "nothing" : "unknown", answer: "" } as const
        return Effect.map(defect(cause, facts), ToolError.render)
      }),
      Effect.onExit((exit) => log(tool.name, call, started, Exit.isInterrupted(exit) ? "cancelled" : outcome))
    )
    const answer = bounded(tool, result)
    const content = tool.intent === "read" ? answer.content : [...answer.content, ...simulated(trading)]
    const budget = tool.permissions.length > 0 ? yield* rateBudget : {}
    return { ...answer, content, _meta: { ...result._meta, ...budget, ...tradingMeta(trading) } }
  })

const unknownTool = (name: string, { readOnly }: typeof Config.Service) => {
  const hint = readOnly ? " (this server only reads; tools that write are not offered)" : ""
  return new ProtocolError({ code: -32602, message: `Unknown tool: ${name.slice(0, 100)}${hint}` })
}

/**
 * One line a call, without the values of its arguments: that of its request, where that has one. A round whose questions
 * are asked in the middle of a request is not the last of it, and has a line of its own.
 */
const log = (tool: string, { caller, note, request }: Call, started: number, outcome: string) =>
  Effect.flatMap(Clock.currentTimeMillis, (now) => {
    const isLast = outcome !== "InputRequired" || Option.isNone(request)
    if (note === undefined || !isLast) {
      return Effect.logInfo("tool", { tool, caller: callerId(caller), outcome, ms: now - started })
    }
    note({ tool, outcome, toolMs: now - started })
    return Effect.void
  })

/** What is left of Kraken's rate budget, beside every answer of a call that may have used it. */
const rateBudget = Effect.map(
  Effect.flatMap(RateBudget, ({ remaining }) => remaining),
  ({ rest }) => (Number.isFinite(rest.remaining) ? { "mcp-kraken/rate-budget": { rest } } : {})
)
