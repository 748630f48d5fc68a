import { Duration, Effect, Option, Schema } from "effect"
import { Approvals, type Plan, type PlanState } from "../../services/Approvals.ts"
import * as Arguments from "../kit/arguments.ts"
import { optional } from "../kit/fields.ts"
import { listedAs } from "../kit/jsonSchema.ts"
import { integer } from "../kit/numberFields.ts"
import { isoSeconds } from "../kit/timeText.ts"
import * as Tool from "../kit/tool.ts"

export const getApproval = Tool.make("get_approval", {
  title: "Own approval",
  description:
    "State of a write that needs a person: pending, approved, sending, happened, done (see reason), did-not-happen, unknown (see reason), denied, void, expired.",
  input: {
    id: listedAs(integer("", 1, Number.MAX_SAFE_INTEGER), { type: "integer" }),
    wait_s: optional(integer("Seconds to wait for its end", 0, 45))
  },
  handler: Effect.fn("Tool.get_approval")(function* ({ id, wait_s = 0 }) {
    const approvals = yield* Approvals
    const found = yield* approvals.wait(id, Duration.seconds(wait_s))
    return Option.isSome(found)
      ? answerOf(found.value)
      : yield* Arguments.invalid("get_approval", [{ path: "id", fault: "this caller has no such approval" }])
  }),
  // Fields that name themselves. Naming them in the schema too would cost each conversation more.
  output: Schema.Record({ key: Schema.String, value: Schema.Unknown })
})

const answerOf = ({ asks, endpoint, expires, id, request, state }: Plan) => ({
  id,
  endpoint,
  request,
  asks,
  expires_at: isoSeconds(expires / 1000),
  ...endOf(state)
})

interface End {
  readonly state: string
  readonly ids?: ReadonlyArray<string>
  readonly result?: unknown
  readonly error?: string
  readonly reason?: string
}

const endOf = (state: PlanState): End => {
  switch (state._tag) {
    case "Open":
      return { state: "pending" }
    case "Approved":
      return { state: "approved" }
    case "Denied":
      return { state: "denied", ...(state.reason !== undefined && { reason: state.reason }) }
    case "Void":
      return { state: "void", reason: state.reason }
    case "Done":
      return { state: "done", reason: "It is carried out by several writes; get_activity shows what became of each." }
    case "Expired":
      return { state: "expired" }
    case "Sent": {
      if (state.outcome === undefined) return { state: "sending" }
      const { check, error, ids, outcome, reason, result } = state.outcome
      const why = [reason, outcome === "unknown" ? check : undefined].flatMap((text) => text ?? [])
      return {
        state: outcome,
        ids,
        ...(result !== undefined && { result }),
        ...(error !== undefined && { error }),
        ...(why.length > 0 && { reason: why.join(" ") })
      }
    }
  }
}
