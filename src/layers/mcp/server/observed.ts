import { Effect, Exit, Option } from "effect"
import { timed } from "../../metrics/instrument.ts"
import { operations } from "../../metrics/instruments.ts"
import { annotateError, currentTrace, isTracing, span, traceContext } from "../../tracing/span.ts"
import type { Json } from "../protocol/messages.ts"
import type { Call, RequestContext, Response } from "../protocol/serverDefinition.ts"

/** The tool that a request called, and the outcome. Empty until it is known, and for requests that call none. */
interface Seen {
  tool: string
  outcome: string
}

/** A request of a client, as it is observed. */
interface Observed {
  readonly method: string
  readonly context: RequestContext
  readonly meta: Json
}

/** Outcomes that are no errors. */
const good = new Set(["", "ok"])

/**
 * Counts a request of a client when it ends, and makes its span, whose trace the log line of the request names. `answer`
 * notes the tool and its outcome.
 */
export const observed = (
  { context: { addLogFields, principal, via }, meta, method }: Observed,
  answer: (noteOutcome: Call["noteOutcome"]) => Effect.Effect<Response>
): Effect.Effect<Response> => {
  const seen: Seen = { tool: "", outcome: "" }
  const answered = answer((tool, outcome) => {
    seen.tool = tool
    seen.outcome = outcome
  })
  if (via === undefined) return answered
  const errorOf = (code: string) => (good.has(seen.outcome) ? code : seen.outcome)
  const counted = timed<Response, never>((seconds, exit) => {
    const error = errorOf(Exit.isSuccess(exit) ? codeIn(exit.value) : "cancelled")
    operations.record(seconds, method, seen.tool, error, via.version, via.transport)
  })(answered)
  if (!isTracing()) return counted
  const noteTrace = Effect.map(
    currentTrace,
    Option.map((trace) => addLogFields?.({ trace_id: trace }))
  )
  const named = Effect.tap(counted, (response) => annotateError(errorOf(codeIn(response))))
  return span({
    name: method,
    kind: "server",
    attributes: {
      "mcp.method.name": method,
      "mcp.protocol.version": via.version,
      "network.transport": via.transport,
      "mcp_kraken.caller": principal.caller.id
    },
    parent: traceContext(meta)
  })(Effect.zipRight(noteTrace, named))
}

/** The code of an error of the protocol. Empty for an answer. */
const codeIn = (response: Response): string => ("error" in response ? String(response.error.code) : "")
