import { Context, type Effect } from "effect"
import type { Principal } from "../../../services/Principal.ts"
import type { LogFields } from "../protocol/serverDefinition.ts"

/** An authenticated request to the MCP endpoint. */
export interface McpHttpStream {
  /** Names in lower case. */
  readonly headers: { readonly [name: string]: string | ReadonlyArray<string> | undefined }
  readonly principal: typeof Principal.Service
  /** Sends an event before the answer, already formatted. The first one turns the answer into a stream of events. */
  readonly emit: (event: string) => void
  /** True if the client does not keep up with the events that were sent. */
  readonly isBehind: () => boolean
}

/** An authenticated POST to the MCP endpoint, with its body read. */
export interface McpHttpRequest extends McpHttpStream {
  /** The body as text. Invalid JSON is answered with a JSON-RPC error. */
  readonly body: string
  /** Adds fields to the request's entry in the access log. */
  readonly addLogFields: (fields: LogFields) => void
}

/** The answer to an `McpHttpRequest`. */
export type McpHttpResponse =
  /** `body` is JSON text. Absent with status 202. */
  | {
      readonly _tag: "Json"
      readonly status: number
      readonly body?: string
      /** The id of the session that the answer begins. */
      readonly session?: string
    }
  /** The last event of a stream. */
  | { readonly _tag: "Event"; readonly text: string }

/** The request names no session, or asks for no events. */
export interface NoSession {
  readonly _tag: "NoSession"
}

/** The handler of MCP requests behind the HTTP listener. It keeps nothing for a connection but subscriptions. */
export class McpHttpHandler extends Context.Tag("mcp-kraken/layers/mcp/http/McpHttpHandler")<
  McpHttpHandler,
  {
    /** Answers a request. Interrupting it, as when the client disconnects, cancels the call. */
    readonly post: (request: McpHttpRequest) => Effect.Effect<McpHttpResponse>
    /** Sends the events of a session. Interrupting it, as when the client disconnects, ends the stream. */
    readonly get: (request: McpHttpStream) => Effect.Effect<McpHttpResponse | NoSession>
    /** Ends a session. */
    readonly end: (request: Pick<McpHttpStream, "headers" | "principal">) => Effect.Effect<McpHttpResponse | NoSession>
    /** Ends streams that only listen for changes, so that the server can stop. */
    readonly endListening: Effect.Effect<void>
  }
>() {}
