import { type Clock, Effect } from "effect"
import type { LogFields } from "../mcp/protocol/serverDefinition.ts"
import { printable } from "./credential.ts"

export type AccessLogEntry = ReturnType<typeof makeAccessLogEntry>

/** Begins the access log entry of a request. `end` writes it, with all fields that were added until then. */
export const makeAccessLogEntry = (clock: Clock.Clock, method: string | undefined, url: string) => {
  const fields: Record<string, string | number> = {}
  const started = clock.unsafeCurrentTimeMillis()
  return {
    addFields: (more: LogFields): void => void Object.assign(fields, more),
    end: (status: number | "cancelled"): Effect.Effect<void> =>
      Effect.suspend(() => {
        const ms = clock.unsafeCurrentTimeMillis() - started
        return Effect.logInfo("request", { method, path: printable(url), status, ms, ...fields })
      })
  }
}
