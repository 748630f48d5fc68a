import type * as Mcp from "@modelcontextprotocol/sdk/types.js"
import type { Intent } from "../../domain/endpoints/endpoints.ts"

/**
 * Makes the hints of a tool that differ from MCP's defaults: a tool writes, destroys, and is not idempotent. The two last
 * have no meaning for a tool that reads.
 *
 * @see https://modelcontextprotocol.io/specification/2025-11-25/schema read 2026-11-29
 */
export const annotationsOf = (intent: Intent, idempotent: boolean): Pick<Mcp.Tool, "annotations"> => {
  const annotations =
    intent === "read"
      ? { readOnlyHint: true }
      : { ...(intent !== "destroy" && { destructiveHint: false }), ...(idempotent && { idempotentHint: true }) }
  return Object.keys(annotations).length === 0 ? {} : { annotations }
}
