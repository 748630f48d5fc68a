import { Effect } from "effect"
import type { CallContext, Progress, Source } from "../../../services/CallContext.ts"
import { idOf } from "../protocol/messages.ts"
import type { Call } from "../protocol/serverDefinition.ts"

/** Makes the context of a request for tools. */
export const contextOf = (call: Call): typeof CallContext.Service => ({
  requestId: call.requestId,
  report: reporter(call),
  noteReceipt: (receipt) =>
    Effect.sync(() => {
      call.notes.receipt = receipt
    }),
  noteSource: (source) =>
    Effect.sync(() => {
      call.notes.source = oldestOf(call.notes.source, source)
    })
})

/** Joins the origins of an answer that several requests made. One that is in part of REST counts as such. */
const oldestOf = (noted: Source | undefined, { age, source }: Source): Source =>
  noted === undefined
    ? { age, source }
    : { age: Math.max(age, noted.age), source: source === "rest" ? source : noted.source }

/** Makes a reporter of progress, for a client that asked for it. The numbers it reports always grow, as MCP requires. */
const reporter = ({ meta, notify }: Call) => {
  const progressToken = idOf(meta["progressToken"])
  if (progressToken === undefined) return () => Effect.void
  let last = -1
  return ({ message, progress, total }: Progress) =>
    Effect.suspend(() => {
      last = progress > last ? progress : last + 1
      return notify("notifications/progress", {
        progressToken,
        progress: last,
        ...(total !== undefined && { total }),
        ...(message && { message })
      })
    })
}
