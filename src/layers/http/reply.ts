import type { OutgoingHttpHeaders, ServerResponse } from "node:http"

/** An HTTP answer. Errors of the listener itself are JSON-RPC errors without the id of a request. */
export interface Reply {
  readonly status: number
  readonly headers: OutgoingHttpHeaders
  readonly body?: string
}

/** Sends head and body together, or only the body if a stream of events has begun. */
export const send = (response: ServerResponse, { body, headers, status }: Reply): void => {
  if (!response.headersSent) response.writeHead(status, headers)
  response.end(body)
}

const text = (status: number, body: string, headers: OutgoingHttpHeaders = {}): Reply => ({
  status,
  headers: { ...headers, "content-type": "application/json", "content-length": Buffer.byteLength(body) },
  body
})

/** Makes an answer of JSON, or one without a body. `session` is the id of the session that it begins. */
export const json = (status: number, body: string | undefined, session?: string): Reply => {
  const headers = session === undefined ? {} : { "mcp-session-id": session }
  return body === undefined ? { status, headers: { ...headers, "content-length": 0 } } : text(status, body, headers)
}

const failure = (status: number, message: string, headers: OutgoingHttpHeaders = {}) =>
  text(status, JSON.stringify({ jsonrpc: "2.0", id: null, error: { code: -32000, message } }), headers)

const challenge = (parameters: string) => ({ "www-authenticate": `Bearer realm="mcp-kraken"${parameters}` })

export const healthy = text(200, '{"status":"ok"}')

export const ready = text(200, '{"status":"ready"}')

/** Names the first reason for which calls cannot be served now, with details for those who may see them. */
export const unready = (details: { readonly reason: string; readonly faults?: ReadonlyArray<object> }) =>
  text(503, JSON.stringify({ status: "unready", ...details }))

export const plain = (type: string, body: string): Reply => ({
  status: 200,
  headers: { "content-type": type, "content-length": Buffer.byteLength(body) },
  body
})

export const noCredentials = failure(
  401,
  "Authentication required: send a token of this server as `Authorization: Bearer mck_…`. See docs/troubleshooting.md",
  challenge("")
)

/** Refuses a token. `why` must not contain quotation marks, which would end the header parameter that it is in. */
export const refusedToken = (why: string) =>
  failure(401, why, challenge(`, error="invalid_token", error_description="${why}"`))

export const invalidToken = refusedToken("The token is unknown, expired or revoked")

export const tooManyFailures = (seconds: number) =>
  failure(429, `Too many failed authentications from this address; wait ${seconds} s`, {
    "retry-after": String(seconds)
  })

export const forbidden = (reason: string) => failure(403, reason)

export const notFound = failure(404, "Not found")

/**
 * The answer where clients look for OAuth: an error in OAuth's own form, which they show to the user. A document or another
 * status would let them take this for an OAuth server. `invalid_request` makes no client try again.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-5.2 read 2026-11-29
 */
export const noOauth = text(
  404,
  JSON.stringify({
    error: "invalid_request",
    error_description:
      "This server takes a token in the Authorization header, and has no OAuth. The token that the client sent is missing, unknown, expired or revoked: the user gives it a valid one, to be sent as `Authorization: Bearer mck_…`. See docs/troubleshooting.md"
  }),
  { "cache-control": "no-store" }
)

export const methodNotAllowed = failure(
  405,
  "Method not allowed: use POST, or GET and DELETE with the MCP-Session-Id of a session",
  {
    allow: "POST, GET, DELETE"
  }
)

/** The answer to a CORS preflight. `*` stands for every header except Authorization. */
export const preflight: Reply = {
  status: 204,
  headers: {
    "access-control-allow-methods": "POST, GET, DELETE",
    "access-control-allow-headers": "authorization, *",
    "access-control-max-age": "7200"
  }
}

/** Allows pages of an origin to read the answer, whatever its status. */
export const readableFrom = (response: ServerResponse, origin: string): void => {
  response.setHeader("access-control-allow-origin", origin)
  response.setHeader("access-control-expose-headers", "mcp-session-id, retry-after, www-authenticate")
  response.setHeader("vary", "origin")
}

export const unsupportedMediaType = failure(415, "Unsupported media type: send application/json")

export const compressed = failure(415, "The body is compressed: send it uncompressed", {
  "accept-encoding": "identity"
})

export const badRequest = failure(400, "The request was not complete")

export const tooLarge = failure(413, "The request is larger than 4 MiB", { connection: "close" })

export const stopping = failure(503, "The server is stopping", { connection: "close" })

export const internal = failure(500, "Internal error")

/** Headers of an event stream. They ask proxies not to buffer events. */
export const eventStream = {
  "content-type": "text/event-stream",
  "cache-control": "no-cache",
  "x-accel-buffering": "no"
}

/** Makes the last event of a stream. */
export const lastEvent = (body: string): Reply => ({ status: 200, headers: eventStream, body })
