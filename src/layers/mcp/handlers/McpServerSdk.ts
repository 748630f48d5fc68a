import { AjvJsonSchemaValidator } from "@modelcontextprotocol/sdk/validation/ajv"
import { Cause, Clock, Effect, Exit, Layer, Option, Ref } from "effect"
import { CallContext } from "../../../services/CallContext.ts"
import { Config } from "../../../services/Config.ts"
import { Policy } from "../../../services/Policy.ts"
import type { Principal } from "../../../services/Principal.ts"
import { RateBudget } from "../../../services/RateBudget.ts"
import { TradingMode } from "../../../services/TradingMode.ts"
import { defect } from "../../../tools/kit/defects.ts"
import * as ToolError from "../../../tools/errorAdvice.ts"
import { type AnyTool, tools, type ToolServices } from "../../../tools/toolsets.ts"
import { resourcesAndPrompts } from "./resourcesAndPrompts.ts"
import { withProgressHeartbeat } from "./progressHeartbeat.ts"
import { makeResponseLimit } from "./responseLimit.ts"
import { connectSdk } from "../server/sdkServer.ts"
import { McpServer } from "../server/McpServer.ts"
import { type Call, type Handler, ProtocolError } from "../protocol/serverDefinition.ts"
import { receiptMeta, recordedAs } from "./receiptNotes.ts"
import { simulated, tradingMeta } from "./tradingModeNotes.ts"

type Services = Exclude<ToolServices, Principal> | RateBudget

/** Puts the product behind the server: where tools meet the protocol. */
export const McpServerSdk = Layer.scopedDiscard(
  Effect.gen(function* () {
    const server = yield* McpServer
    const config = yield* Config
    const trading = yield* TradingMode
    const validator = new AjvJsonSchemaValidator()
    const methods = {
      "tools/list": makeList(),
      "tools/call": makeCall(config, trading, makeResponseLimit(validator)),
      ...resourcesAndPrompts(trading)
    }
    yield* connectSdk(server, { methods }, validator)
  })
)

/** The tools that a principal gets to see, in the same order for all. Equal lists are one, so that their text is made once. */
const makeList = (): Handler<"tools/list", Services> => {
  const lists = new Map<string, Array<AnyTool["definition"]>>()
  const all = [...tools.values()]
  return Effect.fnUntraced(function* () {
    const policy = yield* Policy
    const visible = yield* policy.visible(all)
    const names = visible.map(({ name }) => name).join()
    const list = lists.get(names) ?? visible.map(({ definition }) => definition)
    lists.set(names, list)
    return { tools: list }
  })
}

/** One call of a tool: its answer, or its failure in words for the model. */
const makeCall = (
  config: typeof Config.Service,
  trading: typeof TradingMode.Service,
  bounded: ReturnType<typeof makeResponseLimit>
): Handler<"tools/call", Services> =>
  Effect.fnUntraced(function* ({ arguments: args, name }, call) {
    const policy = yield* Policy
    const tool = tools.get(name)
    if (tool === undefined || !(yield* policy.offers(tool))) return yield* unknownTool(name, config)
    const started = yield* Clock.currentTimeMillis
    let outcome = "ok"
    const receipts = yield* Ref.make(Option.none<string>())
    const context = yield* CallContext
    const result = yield* withProgressHeartbeat(call, tool.call(args)).pipe(
      Effect.provideService(CallContext, {
        ...context,
        noteReceipt: (receipt) => Ref.set(receipts, Option.some(receipt))
      }),
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
    const receipt = Option.getOrUndefined(yield* Ref.get(receipts))
    const content =
      tool.intent === "read" ? answer.content : [...answer.content, ...recordedAs(receipt), ...simulated(trading)]
    const budget = tool.permissions.length > 0 ? yield* rateBudget : {}
    return {
      ...answer,
      content,
      _meta: { ...result._meta, ...budget, ...receiptMeta(receipt), ...tradingMeta(trading) }
    }
  })

const unknownTool = (name: string, { readOnly }: typeof Config.Service) => {
  const hint = readOnly ? " (this server only reads; tools that write are not offered)" : ""
  return new ProtocolError({ code: -32602, message: `Unknown tool: ${name.slice(0, 100)}${hint}` })
}

/**
 * One line a call, without the values of its arguments: that of its request, where that has one. A round whose questions
 * are asked in the middle of a request is not the last of it, and has a line of its own.
 */
const log = (tool: string, { addLogFields, principal, request }: Call, started: number, outcome: string) =>
  Effect.flatMap(Clock.currentTimeMillis, (now) => {
    const isLast = outcome !== "InputRequired" || Option.isNone(request)
    if (addLogFields === undefined || !isLast) {
      return Effect.logInfo("tool", { tool, caller: principal.caller.id, outcome, ms: now - started })
    }
    addLogFields({ tool, outcome, toolMs: now - started })
    return Effect.void
  })

/** What is left of Kraken's rate budget, beside every answer of a call that may have used it. */
const rateBudget = Effect.map(
  Effect.flatMap(RateBudget, ({ remaining }) => remaining),
  ({ rest }) => (Number.isFinite(rest.remaining) ? { "mcp-kraken/rate-budget": { rest } } : {})
)
