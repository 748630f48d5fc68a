import { Clock, Effect } from "effect"
import type { LogFields } from "../mcp/protocol/serverDefinition.ts"
import { printable } from "./credential.ts"

export type AccessLogEntry = ReturnType<typeof makeAccessLogEntry>

/** Makes the access log line of a request from the fields noted by the time that the request ends. */
export const makeAccessLogEntry = (method: string | undefined, url: string) => {
  const facts: Record<string, string | number> = {}
  let started = 0
  return {
    begin: Effect.map(Clock.currentTimeMillis, (now) => {
      started = now
    }),
    addFields: (more: LogFields): void => void Object.assign(facts, more),
    end: (status: number | "cancelled"): Effect.Effect<void> =>
      Effect.flatMap(Clock.currentTimeMillis, (now) =>
        Effect.logInfo("request", { method, path: printable(url), status, ms: now - started, ...facts })
      )
  }
}
