import { Context, type Effect } from "effect"
import type { Principal } from "../../../services/Principal.ts"
import type { LogFields } from "../protocol/serverDefinition.ts"

/** One POST to the MCP endpoint, let in and read. */
export interface McpHttpRequest {
  /** Names in lower case. */
  readonly headers: { readonly [name: string]: string | ReadonlyArray<string> | undefined }
  /** The body as text; what is no JSON is answered as MCP says. */
  readonly body: string
  readonly principal: typeof Principal.Service
  /** Sends an event ahead of the answer, ready to be written. The first makes the answer a stream of events. */
  readonly emit: (event: string) => void
  /** Takes facts for the one line that the request leaves in the log. */
  readonly addLogFields: (facts: LogFields) => void
}

/** What goes back over HTTP. */
export type McpHttpResponse =
  /** `body` is JSON text; none with 202. */
  | { readonly _tag: "Json"; readonly status: number; readonly body?: string }
  /** The last event of a stream. */
  | { readonly _tag: "Event"; readonly text: string }

/** MCP behind whatever carries it: both eras, without sessions; nothing is kept for a connection. */
export class McpHttpHandler extends Context.Tag("mcp-kraken/layers/mcp/http/McpHttpHandler")<
  McpHttpHandler,
  {
    /** Interrupting it is the client's disconnect: it cancels the call. */
    readonly post: (request: McpHttpRequest) => Effect.Effect<McpHttpResponse>
    /** Ends streams that only listen, so that a server can stop. */
    readonly endListening: Effect.Effect<void>
  }
>() {}
