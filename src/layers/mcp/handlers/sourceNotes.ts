import type { Source } from "../../../services/CallContext.ts"

/**
 * Makes the part of `_meta` that tells the origin of an answer and its age: `websocket` if it is of live data, `rest` if
 * Kraken was asked. Only answers that live data can give have it.
 */
export const sourceMeta = (noted: Source | undefined) =>
  noted === undefined ? {} : { "mcp-kraken/source": noted.source, "mcp-kraken/age_ms": Math.round(noted.age) }
