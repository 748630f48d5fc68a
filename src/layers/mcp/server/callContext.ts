import { Effect, Option } from "effect"
import type { CallContext, Progress } from "../../../services/CallContext.ts"
import { isObject, type Json } from "../protocol/messages.ts"
import type { Call } from "../protocol/serverDefinition.ts"

/** A request as tools know it. */
export const contextOf = (call: Call): typeof CallContext.Service => ({
  requestId: call.requestId,
  report: reporter(call),
  noteReceipt: () => Effect.void,
  asks: Option.exists(call.client, ({ elicitation }) => isObject(elicitation)),
  answers: answersOf(call)
})

/** Progress goes to clients that asked for it, always upwards. */
const reporter = ({ meta, notify }: Call) => {
  const { progressToken } = meta
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

/** Only what was asked counts, as the state of the earlier round tells; see `askUser.ts`. */
const answersOf = ({ answers, state }: Call): Json => {
  const earlier = Option.getOrUndefined(state)
  if (!isObject(earlier)) return {}
  const asked = Array.isArray(earlier["asked"]) ? earlier["asked"] : []
  const answered = isObject(earlier["answers"]) ? earlier["answers"] : {}
  return { ...answered, ...Object.fromEntries(Object.entries(answers).filter(([name]) => asked.includes(name))) }
}
