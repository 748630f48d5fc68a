import { Clock, Effect } from "effect"
import type { LogFields } from "../mcp/protocol/serverDefinition.ts"
import { printable } from "./credential.ts"

export type AccessLogEntry = ReturnType<typeof makeAccessLogEntry>

/** Makes the access log entry of a request. `end` writes it, with all fields that were added until then. */
export const makeAccessLogEntry = (method: string | undefined, url: string) => {
  const fields: Record<string, string | number> = {}
  let started = 0
  return {
    begin: Effect.map(Clock.currentTimeMillis, (now) => {
      started = now
    }),
    addFields: (more: LogFields): void => void Object.assign(fields, more),
    end: (status: number | "cancelled"): Effect.Effect<void> =>
      Effect.flatMap(Clock.currentTimeMillis, (now) =>
        Effect.logInfo("request", { method, path: printable(url), status, ms: now - started, ...fields })
      )
  }
}
