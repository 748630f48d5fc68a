import type { CallToolResult } from "@modelcontextprotocol/sdk/types.js"
import { Cause, Clock, Effect, Exit, Layer, Option } from "effect"
import { endpoints } from "../../../domain/endpoints/endpoints.ts"
import { CallBudget } from "../../../services/CallBudget.ts"
import { Config } from "../../../services/Config.ts"
import { type Offer, Policy } from "../../../services/Policy.ts"
import type { Principal } from "../../../services/Principal.ts"
import { RateBudget } from "../../../services/RateBudget.ts"
import { TradingMode } from "../../../services/TradingMode.ts"
import { defect } from "../../../tools/kit/defects.ts"
import { recordRefusal } from "../../../tools/kit/recordRefusal.ts"
import { errorMeaning } from "../../../tools/errorMeaning.ts"
import { refusalLayer } from "../../../tools/refusalLayer.ts"
import * as ErrorAdvice from "../../../tools/errorAdvice.ts"
import { type AnyTool, type ToolError, tools, type ToolServices } from "../../../tools/toolsets.ts"
import { accountLabel } from "../../metrics/accountLabel.ts"
import { calls, refusals } from "../../metrics/instruments.ts"
import { annotateError, span } from "../../tracing/span.ts"
import { definitionFor, showsPages } from "./pages.ts"
import { resourcesAndPrompts } from "./resourcesAndPrompts.ts"
import { withProgressHeartbeat } from "./progressHeartbeat.ts"
import { limitResponse } from "./responseLimit.ts"
import { connectSdk } from "../server/sdkServer.ts"
import { McpServer } from "../server/McpServer.ts"
import { ProtocolError } from "../protocol/ProtocolError.ts"
import type { Call, Handler, LogFields } from "../protocol/serverDefinition.ts"
import { receiptMeta, recordedAs } from "./receiptNotes.ts"
import { writeDetails } from "./writeDetails.ts"
import { sourceMeta } from "./sourceNotes.ts"
import { simulated, tradingMeta } from "./tradingModeNotes.ts"

type Services = Exclude<ToolServices, Principal> | RateBudget

/** Serves the tools, resources and prompts of the product through the server. */
export const McpServerSdk = Layer.scopedDiscard(
  Effect.gen(function* () {
    const server = yield* McpServer
    const config = yield* Config
    const trading = yield* TradingMode
    const methods = {
      "tools/list": makeList(),
      "tools/call": yield* makeCall(config, trading),
      ...resourcesAndPrompts(trading)
    }
    yield* connectSdk(server, { methods })
  })
)

/**
 * Makes the handler of `tools/list`, which lists the tools visible to the principal, in the same order for every
 * principal. Equal lists are the same object, so that their JSON is made once.
 */
const makeList = (): Handler<"tools/list", Services> => {
  const lists = new Map<string, Array<AnyTool["definition"]>>()
  const all = [...tools.values()]
  return Effect.fnUntraced(function* (_, { client }) {
    const policy = yield* Policy
    const visible = yield* policy.visible(all)
    const withPages = showsPages(client)
    const key = `${withPages} ${visible.map(({ name }) => name).join()}`
    const list = lists.get(key) ?? visible.map(withPages ? definitionFor : ({ definition }) => definition)
    lists.set(key, list)
    return { tools: list }
  })
}

/** Makes the handler of `tools/call`. The result is the tool's answer, or its error as text for the model. */
const makeCall = Effect.fnUntraced(function* (config: typeof Config.Service, trading: typeof TradingMode.Service) {
  const policy = yield* Policy
  const callBudget = yield* CallBudget
  const rates = yield* RateBudget
  const rateBudget = Effect.map(rates.remaining, rateBudgetMeta)

  /**
   * Counts a call and checks that its caller is offered the toolset. Cancels and tools that ask Kraken nothing are never
   * refused for the number of calls.
   */
  const admit = (tool: AnyTool & Offer, args: unknown) => {
    const { endpoint, mayRead, name } = tool
    const exempt = endpoint === undefined || endpoints[endpoint].moves === "cancels"
    return Effect.zipRight(callBudget.count({ name, exempt }), policy.admit(tool)).pipe(
      // Without decoded arguments, a tool that also reads is not known to be about to write.
      recordRefusal(mayRead ? undefined : endpoint, args)
    )
  }

  const handler: Handler<"tools/call", Services> = Effect.fnUntraced(function* ({ arguments: args, name }, call) {
    const tool = tools.get(name)
    if (tool === undefined || !policy.serves(tool)) return yield* unknownTool(name, config)
    const started = yield* Clock.currentTimeMillis
    const ended = withProgressHeartbeat(call, Effect.zipRight(admit(tool, args), tool.call(args))).pipe(
      Effect.map((result): Ended => ({ outcome: "ok", result })),
      Effect.catchAllCause((cause): Effect.Effect<Ended> => {
        const failure = Option.getOrUndefined(Cause.failureOption(cause))
        if (failure !== undefined) return Effect.succeed(failed(failure, call))
        const details = { tool: name, outcome: tool.intent === "read" ? "nothing" : "unknown", answer: "" } as const
        return Effect.map(defect(cause, details), (error) => failed(error, call))
      }),
      Effect.onExit((exit) => {
        const answer = Exit.isSuccess(exit) ? exit.value.result.structuredContent : undefined
        const details =
          tool.intent === "read"
            ? undefined
            : writeDetails({ endpoint: tool.endpoint, args, answer }, config.logAmounts)
        return log(tool.name, call, started, outcomeOf(exit), details)
      })
    )
    const { result } = yield* toolSpan(tool.name)(ended)
    const answer = call.program === undefined ? yield* limitResponse(tool, result) : result
    const { receipt, source } = call.notes
    const content =
      tool.intent === "read" ? answer.content : [...answer.content, ...recordedAs(receipt), ...simulated(trading)]
    const budget = tool.permissions.length > 0 ? yield* rateBudget : {}
    return {
      ...answer,
      content,
      _meta: {
        ...result._meta,
        ...budget,
        ...(result.isError !== true && sourceMeta(source)),
        ...receiptMeta(receipt),
        ...tradingMeta(trading)
      }
    }
  })
  return handler
})

/** A call that ended in an answer, an error of the tool included, with its outcome for the log. */
interface Ended {
  readonly outcome: string
  readonly result: CallToolResult
}

/** The span of a tool, with the attributes of the conventions for agents. */
const toolSpan = (name: string) =>
  span({
    name: `execute_tool ${name}`,
    kind: "internal",
    attributes: { "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": name }
  })

/** The name of a caller's account in metrics. */
const labelOf = ({ krakenAccount }: typeof Principal.Service) => accountLabel({ account: krakenAccount })

const failed = (error: ToolError, { principal, program }: Call): Ended => {
  program?.noteFailure(errorMeaning(error))
  const layer = refusalLayer(error)
  if (layer !== undefined) refusals.add(layer, error._tag, labelOf(principal))
  return { outcome: error._tag, result: ErrorAdvice.render(error) }
}

const outcomeOf = (exit: Exit.Exit<Ended>): string =>
  Exit.isSuccess(exit) ? exit.value.outcome : Exit.isInterrupted(exit) ? "cancelled" : "ToolDefect"

const unknownTool = (name: string, { readOnly }: typeof Config.Service) => {
  const hint = readOnly ? " (this server only reads; tools that write are not offered)" : ""
  return new ProtocolError({ code: -32602, message: `Unknown tool: ${name.slice(0, 100)}${hint}` })
}

/**
 * Logs a call, without its arguments except for the facts of a write: in the log entry of its request, if there is one.
 */
const log = (
  tool: string,
  { addLogFields, noteOutcome, principal }: Call,
  started: number,
  outcome: string,
  details?: LogFields
) =>
  Effect.flatMap(Clock.currentTimeMillis, (now) => {
    noteOutcome(tool, outcome)
    calls.add(principal.caller.id, labelOf(principal))
    const noted = annotateError(outcome === "ok" ? "" : outcome)
    if (addLogFields === undefined) {
      const fields = { tool, caller: principal.caller.id, outcome, ms: now - started, ...details }
      return Effect.zipRight(noted, Effect.logInfo("tool", fields))
    }
    addLogFields({ tool, outcome, toolMs: now - started, ...details })
    return noted
  })

/** Makes the part of `_meta` that tells the rest of Kraken's rate budget, for answers of calls that might have used it. */
const rateBudgetMeta = ({ rest }: Effect.Effect.Success<typeof RateBudget.Service.remaining>) =>
  Number.isFinite(rest.remaining) ? { "mcp-kraken/rate-budget": { rest } } : {}
