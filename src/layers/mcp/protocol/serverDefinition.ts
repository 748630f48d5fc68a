import type * as Mcp from "@modelcontextprotocol/sdk/types.js"
import { Data, type Effect, type Option } from "effect"
import type { Principal } from "../../../services/Principal.ts"
import type { InputRequired, Question } from "../../../services/UserInput.ts"
import type { Id, Json } from "./messages.ts"
import type { MirroredHeaders } from "./statelessEnvelope.ts"

/** What the server says of itself, in both eras. */
export interface About {
  readonly serverInfo: Mcp.Implementation
  readonly capabilities: Mcp.ServerCapabilities
  readonly instructions: string
}

/** A request that the protocol itself refuses, by the code of JSON-RPC or MCP. */
export class ProtocolError extends Data.TaggedError("ProtocolError")<{
  readonly code: number
  readonly message: string
  readonly data?: unknown
}> {}

/** What a client is told of a fault of ours. */
export const internalError = new ProtocolError({ code: -32603, message: "Internal error" })

/** What a client is told by a server that does not come to serve it. */
export const cannotStart = (reason: string) =>
  new ProtocolError({ code: -32603, message: `The server can't start. ${reason}` })

/** What the eras before 2026-07-28 answer for a resource that is not there; the edge translates it for the newest. */
export const resourceNotFound = -32002

/** Facts for the log, by name; never the value of an argument. */
export type LogFields = { readonly [name: string]: string | number }

/** What a client is sent away with: it answers the questions, and calls anew with the answers and the state. */
export interface InputRequests {
  readonly inputRequests: InputRequired["questions"]
  /** Sealed. */
  readonly requestState?: string
}

/** The outcome of a request, as JSON-RPC has it, or a round that ended in questions: the edge puts those into words. */
export type Response =
  | Mcp.JSONRPCResultResponse
  | Mcp.JSONRPCErrorResponse
  | { readonly jsonrpc: "2.0"; readonly id: Id; readonly inputRequired: InputRequests }

/** Who asks, and what the edge knows beside the message itself. */
export interface RequestContext {
  readonly principal: typeof Principal.Service
  readonly revision: "stateless" | "handshake"
  /** What the client can do, where it said so. */
  readonly client: Option.Option<Json>
  /** Of an earlier round, as they came. */
  readonly answers?: Json
  readonly requestState?: string
  /** Takes notifications, and in the era of handshakes requests too, to the client while it waits; absent: no way. */
  readonly send?: (message: object) => void
  /** Takes facts for the line that whatever carries the request writes; absent: it writes none. */
  readonly addLogFields?: (facts: LogFields) => void
}

/** The answer to a request whose params have the shape of its method. Interrupting it cancels the request. */
export type RequestHandler = (request: Mcp.JSONRPCRequest, asking: RequestContext) => Effect.Effect<Response>

/** One request as its handler sees it, whatever the era and the transport it came by. */
export interface Call {
  readonly principal: typeof Principal.Service
  /** A name of ours, for logs; clients choose theirs freely. */
  readonly requestId: string
  readonly meta: Json
  /** What the client can do; none where it did not say. */
  readonly client: Option.Option<Json>
  /** Answers to the questions of an earlier round; without a `state` they are only what the client claims. */
  readonly answers: Json
  /** What the earlier round left for this one: surely ours, for this caller and these params, used for the first time. */
  readonly state: Option.Option<unknown>
  /** See `Asking`. */
  readonly addLogFields: RequestContext["addLogFields"]
  /** Sends a notification that belongs to this request, where the client can take one. */
  readonly notify: (method: string, params: Json) => Effect.Effect<void>
  /** Asks the client in the middle of the request: before 2026-07-28 only, and where there is a way back. */
  readonly request: Option.Option<(question: Question) => Effect.Effect<unknown, ProtocolError>>
}

/** The methods that may be served, with their params and results. */
export interface Methods {
  "tools/list": [Mcp.ListToolsRequest["params"], Mcp.ListToolsResult]
  "tools/call": [Mcp.CallToolRequest["params"], Mcp.CallToolResult]
  "resources/list": [Mcp.ListResourcesRequest["params"], Mcp.ListResourcesResult]
  "resources/templates/list": [Mcp.ListResourceTemplatesRequest["params"], Mcp.ListResourceTemplatesResult]
  "resources/read": [Mcp.ReadResourceRequest["params"], Mcp.ReadResourceResult]
  "resources/subscribe": [Mcp.SubscribeRequest["params"], Mcp.Result]
  "resources/unsubscribe": [Mcp.UnsubscribeRequest["params"], Mcp.Result]
  "prompts/list": [Mcp.ListPromptsRequest["params"], Mcp.ListPromptsResult]
  "prompts/get": [Mcp.GetPromptRequest["params"], Mcp.GetPromptResult]
  "completion/complete": [Mcp.CompleteRequest["params"], Mcp.CompleteResult]
}

export type Handler<M extends keyof Methods, R> = (
  params: Methods[M][0],
  call: Call
) => Effect.Effect<Methods[M][1], ProtocolError | InputRequired, R | Principal>

/** What a server serves, apart from how: the product's tools, or the fixtures of a test. */
export interface ServerDefinition<R> {
  readonly about: About
  /** The arguments of tools that HTTP headers repeat, by the tools' names. */
  readonly mirrored?: ReadonlyMap<string, MirroredHeaders>
  readonly methods: { readonly [M in keyof Methods]?: Handler<M, R> }
}
