import { Data } from "effect"

/** A request that the protocol itself refuses, with the error code of JSON-RPC or MCP. */
export class ProtocolError extends Data.TaggedError("ProtocolError")<{
  readonly code: number
  readonly message: string
  readonly data?: unknown
}> {}

/** The error for a fault of ours. It carries no details, which are only in the log. */
export const internalError = new ProtocolError({ code: -32603, message: "Internal error" })

/** The error code of JSON-RPC for params that are not valid. */
export const invalidParamsCode = -32602

/** The error code of requests that the server refuses for a reason of its own. */
export const refusedCode = -32000

/** Makes the error that answers every request of a server that failed to start. */
export const cannotStart = (reason: string) =>
  new ProtocolError({ code: -32603, message: `The server can't start. ${reason}` })

/**
 * The error code of the revisions before 2026-07-28 for a resource that does not exist. `makeProtocol` translates it for
 * 2026-07-28.
 */
export const resourceNotFound = -32002
