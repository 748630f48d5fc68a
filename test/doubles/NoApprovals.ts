import { Effect, Layer, Option } from "effect"
import { ApprovalVoid, Approvals, NoApprover } from "../../src/services/Approvals.ts"

/** Approvals of an installation where nobody can give one: what needs a person is refused. */
export const NoApprovals = Layer.succeed(Approvals, {
  ask: ({ asks, endpoint: call }) => new NoApprover({ call, asks }),
  get: () => Effect.succeed(Option.none()),
  wait: () => Effect.succeed(Option.none()),
  permit: (plan, { endpoint: call }) => new ApprovalVoid({ call, plan, reason: "there is no such plan" }),
  claimApproved: () => Effect.succeed([]),
  keep: () => Effect.void,
  done: (plan, call) => new ApprovalVoid({ call, plan, reason: "there is no such plan" }),
  voided: () => Effect.void
})
