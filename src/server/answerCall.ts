import type { CallToolResult } from "@modelcontextprotocol/sdk/types.js"
import { Effect, Exit, Fiber, Option, Predicate } from "effect"
import { carryOut, makeProtocol } from "../layers/mcp/protocol/protocol.ts"
import { McpServer } from "../layers/mcp/server/McpServer.ts"
import type { CallFailure } from "../services/CallFailure.ts"
import { Principal } from "../services/Principal.ts"
import type { WriteGate } from "./writeGate.ts"

/** A call of a tool by a program. */
export interface ToolCall {
  readonly tool: string
  readonly args: { readonly [name: string]: unknown }
}

/** A file in an answer. */
export interface AnswerFile {
  readonly uri: string
  readonly mimeType: string | undefined
  readonly base64: string
}

/** The end of a call. */
export type CallEnd =
  | {
      readonly _tag: "Answer"
      readonly answer: { readonly [field: string]: unknown }
      readonly files: ReadonlyArray<AnswerFile>
      /** Texts beside the answer, such as its receipt. */
      readonly notes: ReadonlyArray<string>
    }
  | { readonly _tag: "Failure"; readonly failure: CallFailure; readonly text: string }
  /** A signal came before anything was sent. */
  | { readonly _tag: "Stopped" }
  /** A signal came, and a write that had begun has not ended in time. */
  | { readonly _tag: "Abandoned" }

/** The longest wait for a write that has begun when a signal comes. Its own fiber gets as long after that. */
const patience = "30 seconds"

/** The parts of a call that are seen while it runs. */
export interface Watcher {
  /** Shows the progress of a call that takes long. */
  readonly progress: (message: string) => void
  /** Says that a write is waited for after a signal. */
  readonly waiting: Effect.Effect<void>
  /** Reports the end of the call. */
  readonly end: (end: CallEnd) => Effect.Effect<void>
}

/**
 * Calls a tool by the handlers of MCP, as `tools/call` over stdio does, and reports its end. Interrupted, it closes the
 * gate, waits for a write that has begun, and reports what became of it.
 */
export const answerCall = Effect.fnUntraced(function* (call: ToolCall, gate: WriteGate, watcher: Watcher) {
  const calling = yield* Effect.forkScoped(Effect.interruptible(answered(call, gate, watcher)))
  yield* Effect.uninterruptibleMask(
    Effect.fnUntraced(function* (restore) {
      const waited = yield* Effect.exit(restore(Fiber.join(calling)))
      if (Exit.isSuccess(waited)) return yield* watcher.end(waited.value)
      gate.close()
      if (!gate.hasBegun()) return yield* watcher.end({ _tag: "Stopped" })
      yield* watcher.waiting
      const ended = yield* Effect.timeoutOption(Effect.interruptible(Fiber.await(calling)), patience)
      const abandoned: CallEnd = { _tag: "Abandoned" }
      yield* watcher.end(Option.match(ended, { onNone: () => abandoned, onSome: Exit.getOrElse(() => abandoned) }))
    })
  )
}, Effect.scoped)

/** Calls a tool, and makes the end of the call from the response. */
const answered = Effect.fnUntraced(function* (
  { args, tool }: ToolCall,
  { hasBegun }: WriteGate,
  { progress }: Watcher
) {
  const { answer, definition } = yield* McpServer
  const params = { name: tool, arguments: args, _meta: { progressToken: 1 } }
  const plan = makeProtocol(definition).handshake(
    { jsonrpc: "2.0", id: 1, method: "tools/call", params },
    yield* Principal,
    Option.none()
  )
  let failure: CallFailure = "refused"
  const send = (message: object) => {
    const text = messageOf(message)
    if (text !== undefined) progress(text)
  }
  const noteFailure = (noted: CallFailure) => {
    failure = noted
  }
  const { response } = yield* carryOut(
    answer,
    plan._tag === "Dispatch" ? { ...plan, context: { ...plan.context, send, program: { noteFailure } } } : plan
  )
  // A tool that is not offered, or a fault of ours.
  if ("error" in response)
    return {
      _tag: "Failure",
      failure: hasBegun() ? "unknown" : "refused",
      text: response.error.message
    } satisfies CallEnd
  const result = response.result as CallToolResult
  const [first = "", ...notes] = textsOf(result)
  if (result.isError === true) return { _tag: "Failure", failure, text: [first, ...notes].join("\n") } satisfies CallEnd
  return { _tag: "Answer", answer: result.structuredContent ?? {}, files: filesOf(result), notes } satisfies CallEnd
})

/** Returns the text of a progress notification. */
const messageOf = (notification: object): string | undefined => {
  const params = "params" in notification ? notification.params : undefined
  return Predicate.isRecord(params) && typeof params["message"] === "string" ? params["message"] : undefined
}

const textsOf = ({ content }: CallToolResult) => content.flatMap((part) => (part.type === "text" ? [part.text] : []))

const filesOf = ({ content }: CallToolResult): ReadonlyArray<AnswerFile> =>
  content.flatMap((part) =>
    part.type === "resource" && "blob" in part.resource
      ? [{ uri: part.resource.uri, mimeType: part.resource.mimeType, base64: part.resource.blob }]
      : []
  )
