import type * as Mcp from "@modelcontextprotocol/sdk/types.js"
import type { Effect, Option } from "effect"
import type { Source } from "../../../services/CallContext.ts"
import type { CallFailure } from "../../../services/CallFailure.ts"
import type { Principal } from "../../../services/Principal.ts"
import type { InputRequired, Question } from "./InputRequired.ts"
import type { Id, Json, Request } from "./messages.ts"
import type { ProtocolError } from "./ProtocolError.ts"
import type { MirroredHeaders } from "./statelessEnvelope.ts"

/** The server's description of itself, the same for every protocol revision. */
export interface About {
  readonly serverInfo: Mcp.Implementation
  readonly capabilities: Mcp.ServerCapabilities
  readonly instructions: string
}

/** Fields for the log, by name. Of arguments they contain only the facts of a write: pair, side and ids. */
export type LogFields = { readonly [name: string]: string | number }

/** Questions for the client, which sends its request again with the answers and the state. */
export interface InputRequests {
  readonly inputRequests: InputRequired["questions"]
  /** Encrypted. */
  readonly requestState?: string
}

/** A message of the SDK's type, with any of our ids. */
type WithId<A> = Omit<A, "id"> & { readonly id?: Id | undefined }

/** The outcome of a request: a JSON-RPC response, or questions, which `makeProtocol` turns into a response. */
export type Response =
  | WithId<Mcp.JSONRPCResultResponse>
  | WithId<Mcp.JSONRPCErrorResponse>
  | { readonly jsonrpc: "2.0"; readonly id: Id; readonly inputRequired: InputRequests }

/** A program that makes a call and reads no text. Its answers are not shortened to fit a model's context. */
export interface ProgramCaller {
  /** Notes the meaning of the error with which the call ends. */
  readonly noteFailure: (failure: CallFailure) => void
}

/** The caller of a request, and what its transport adds to the message. */
export interface RequestContext {
  readonly principal: typeof Principal.Service
  readonly revision: "stateless" | "handshake"
  /** The transport, by OpenTelemetry's name, and the protocol revision of the client. Absent for a call of this program. */
  readonly via?: Via
  /** The capabilities that the client declared, if any. */
  readonly client: Option.Option<Json>
  /** Answers to the questions of an earlier request, unchecked. */
  readonly answers?: Json
  readonly requestState?: string
  /**
   * Sends notifications to the client while it waits for the answer, and requests too if its revision has a handshake.
   * Absent if the transport has no way to do so.
   */
  readonly send?: (message: object) => void
  /** Adds fields to the log entry that the transport writes for the request. Absent if it writes none. */
  readonly addLogFields?: (fields: LogFields) => void
  /** Absent if a model reads the answer. */
  readonly program?: ProgramCaller
}

/** The way by which a request came. */
export interface Via {
  readonly transport: "tcp" | "pipe"
  readonly version: string
}

/** Checks the params of a request, and answers it. Interrupting it cancels the request. */
export type RequestHandler = (request: Request, context: RequestContext) => Effect.Effect<Response>

/** Notes for the answer of a call, which its tool makes by `CallContext`. */
export interface CallNotes {
  receipt: string | undefined
  /** The origin of the answer: that of its oldest part if there were several. */
  source: Source | undefined
}

/** One request for its handler, independent of protocol revision and transport. */
export interface Call {
  readonly principal: typeof Principal.Service
  /** An id of ours for the log. Clients choose their own ids freely. */
  readonly requestId: string
  readonly meta: Json
  /** The capabilities that the client declared, if any. */
  readonly client: Option.Option<Json>
  /** Answers to the questions of an earlier request. Without a `state` they are only a claim of the client. */
  readonly answers: Json
  /** State that the earlier request left for this one: made by us for this caller and these params, and not used before. */
  readonly state: Option.Option<unknown>
  /** See `RequestContext`. */
  readonly addLogFields: RequestContext["addLogFields"]
  /** See `RequestContext`. */
  readonly program: RequestContext["program"]
  /** Empty when the call begins. */
  readonly notes: CallNotes
  /** Notes the tool and the outcome of a call, for metrics and traces. */
  readonly noteOutcome: (tool: string, outcome: string) => void
  /** Sends a notification that belongs to this request. Does nothing if the transport has no way to send it. */
  readonly notify: (method: string, params: Json) => Effect.Effect<void>
  /** Asks the client during the request. None from 2026-07-28 on, and if the transport has no way to ask. */
  readonly request: Option.Option<(question: Question) => Effect.Effect<unknown, ProtocolError>>
}

/** A resource whose changes a caller is told. */
export interface Watched {
  /**
   * Runs an effect with the resource once it is known, then after each change, until it returns false. Changes while it
   * runs count as one. This is no stream, since Effect's streams would be loaded before `initialize` is answered.
   */
  readonly forEachChange: (use: (resource: unknown) => Effect.Effect<boolean>) => Effect.Effect<void>
  /** Checks that the caller may know of a change now. `lost` is final. `unknown`: it cannot be checked, so it is not told. */
  readonly check: Effect.Effect<"allowed" | "unknown" | "lost">
}

/** Watches a resource for a principal. Fails if the principal may not read it, or if it has no changes. */
export type Watch = (uri: string, principal: typeof Principal.Service) => Effect.Effect<Watched, ProtocolError>

/** The methods that a server can serve, with their params and results. */
export interface Methods {
  "tools/list": [Mcp.ListToolsRequest["params"], Mcp.ListToolsResult]
  "tools/call": [Mcp.CallToolRequest["params"], Mcp.CallToolResult]
  "resources/list": [Mcp.ListResourcesRequest["params"], Mcp.ListResourcesResult]
  "resources/templates/list": [Mcp.ListResourceTemplatesRequest["params"], Mcp.ListResourceTemplatesResult]
  "resources/read": [Mcp.ReadResourceRequest["params"], Mcp.ReadResourceResult]
  "prompts/list": [Mcp.ListPromptsRequest["params"], Mcp.ListPromptsResult]
  "prompts/get": [Mcp.GetPromptRequest["params"], Mcp.GetPromptResult]
  "completion/complete": [Mcp.CompleteRequest["params"], Mcp.CompleteResult]
}

export type Handler<M extends keyof Methods, R> = (
  params: Methods[M][0],
  call: Call
) => Effect.Effect<Methods[M][1], ProtocolError | InputRequired, R | Principal>

/** A server's description and method handlers, independent of transport: the product's, or fixtures of a test. */
export interface ServerDefinition<R> {
  readonly about: About
  /** The arguments of tools that HTTP headers repeat, by the name of the tool. */
  readonly mirrored?: ReadonlyMap<string, MirroredHeaders>
  readonly methods: { readonly [M in keyof Methods]?: Handler<M, R> }
}
