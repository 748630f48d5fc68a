import { Predicate } from "effect"
import { type Failure, invalidParams, type Json, type Request, statelessVersion, prefix } from "./messages.ts"

export type Headers = { readonly [name: string]: string | ReadonlyArray<string> | undefined }

/** Returns the value of a header, and the first value if it was sent more than once. */
export const header = (headers: Headers, name: string): string | undefined => {
  const value = headers[name]
  return typeof value === "string" ? value.trim() : value?.[0]?.trim()
}

/** Returns `_meta` of params. Empty if it is absent. */
export const metaOf = (params: Json | undefined): Json => (Predicate.isRecord(params?.["_meta"]) ? params["_meta"] : {})

/**
 * Checks that a message is of revision 2026-07-28, by its envelope or its HTTP headers. `mcp-protocol-version` outranks
 * `mcp-method`, which mcp-remote sends with every revision.
 */
export const isStateless = (method: string | undefined, params: Json | undefined, headers: Headers): boolean => {
  const hasEnvelope = Object.keys(metaOf(params)).some(
    (key) => key.startsWith(prefix) && key !== `${prefix}related-task`
  )
  if (hasEnvelope) return true
  if (method === "initialize") return false
  const version = header(headers, "mcp-protocol-version")
  return version === undefined ? header(headers, "mcp-method") !== undefined : version >= "2026"
}

/**
 * Checks a request's envelope: the `_meta` that names the client's revision and capabilities. Over HTTP, headers repeat
 * some of it. A difference is refused, since a proxy might have judged the request by its headers.
 */
export const envelopeFailure = ({ method, params }: Request, headers?: Headers): Failure | undefined => {
  const meta = metaOf(params)
  const version = meta[`${prefix}protocolVersion`]
  if (typeof version !== "string") return missing("protocolVersion")
  if (!Predicate.isRecord(meta[`${prefix}clientCapabilities`])) return missing("clientCapabilities")
  if (headers && header(headers, "mcp-protocol-version") !== version) return mismatch("MCP-Protocol-Version")
  if (version !== statelessVersion) return unsupported(version)
  if (headers === undefined) return undefined
  if (header(headers, "mcp-method") !== method) return mismatch("Mcp-Method")
  const name = nameOf(method, params)
  if (name === undefined) return undefined
  const given = header(headers, "mcp-name")
  return given !== undefined && decoded(given) === name ? undefined : mismatch("Mcp-Name")
}

const missing = (key: string): Failure => invalidParams(`Invalid params: _meta["${prefix}${key}"] is missing`)

const mismatch = (name: string): Failure => ({
  status: 400,
  code: -32020,
  message: `Header mismatch: ${name} does not match the body`
})

const unsupported = (requested: string): Failure => ({
  status: 400,
  code: -32022,
  message: "Unsupported protocol version",
  data: { supported: [statelessVersion], requested: requested.slice(0, 100) }
})

const nameOf = (method: string, params: Json | undefined): unknown => {
  if (method === "tools/call" || method === "prompts/get") return params?.["name"]
  return method === "resources/read" ? params?.["uri"] : undefined
}

/** Decodes the form `=?base64?…?=` of names that a header can't hold. Undefined if the base64 is not canonical. */
const decoded = (value: string): string | undefined => {
  if (!value.startsWith("=?base64?") || !value.endsWith("?=")) return value
  const encoded = value.slice("=?base64?".length, -"?=".length)
  const bytes = Buffer.from(encoded, "base64")
  return bytes.toString("base64") === encoded ? bytes.toString("utf8") : undefined
}

/** The headers that repeat arguments of a tool (`x-mcp-header` in its schema), by argument. */
export type MirroredHeaders = { readonly [argument: string]: string }

/** Checks that arguments and the HTTP headers that repeat them agree. */
export const mirrorFailure = (mirrored: MirroredHeaders, args: Json, headers: Headers): Failure | undefined => {
  const different = Object.entries(mirrored).find(([argument, name]) => {
    const [value, given] = [args[argument] ?? undefined, header(headers, `mcp-param-${name.toLowerCase()}`)]
    return value === undefined ? given !== undefined : given === undefined || decoded(given) !== String(value)
  })
  return different && mismatch(`Mcp-Param-${different[1]}`)
}
