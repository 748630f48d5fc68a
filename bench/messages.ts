import type { Request } from "./load.ts"

export type Revision = "2026-07-28" | "2025-11-25"

export const revisions: ReadonlyArray<Revision> = ["2025-11-25", "2026-07-28"]

const prefix = "io.modelcontextprotocol/"

/** Makes a request as a client of a protocol revision sends it over HTTP. */
export const message = (
  revision: Revision,
  method: string,
  params: Record<string, unknown> = {},
  token?: string
): Request => {
  const authorization: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` }
  const version = { "mcp-protocol-version": revision }
  if (revision === "2025-11-25") {
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params })
    return { headers: { ...version, ...authorization }, body }
  }
  const name = typeof params["name"] === "string" ? { "mcp-name": params["name"] } : {}
  const _meta = {
    [`${prefix}protocolVersion`]: revision,
    [`${prefix}clientCapabilities`]: {},
    [`${prefix}clientInfo`]: { name: "bench", version: "0" }
  }
  return {
    headers: { ...version, "mcp-method": method, ...name, ...authorization },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params: { ...params, _meta } })
  }
}

export const call = (revision: Revision, name: string, token?: string, args: Record<string, unknown> = {}): Request =>
  message(revision, "tools/call", { name, arguments: args }, token)
