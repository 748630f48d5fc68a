import { Effect, type Scope } from "effect"
import { endpoints, type WriteEndpoint } from "../../../domain/endpoints/endpoints.ts"
import * as D from "../../../domain/numbers/decimal.ts"
import type { LimitUsage } from "../../../domain/mandates/room.ts"
import { Notifier } from "../../../services/Notifier.ts"
import { Principal } from "../../../services/Principal.ts"
import type { IntentDraft, IntentRef, Limits, Outcome, Record } from "../../../services/Record.ts"

/** The notices that writes give rise to. */
export type Notify = Effect.Effect.Success<ReturnType<typeof makeNotify>>

/** An intent that has ended, with the id of its caller if another process began it. */
export type EndedIntent = IntentRef & { readonly caller?: string }

/** Makes the notices of writes. None fails, and none makes a write wait. */
export const makeNotify = Effect.fnUntraced(function* (record: typeof Record.Service) {
  const { isSilent, notify } = yield* Notifier
  const scope: Scope.Scope = yield* Effect.scope

  const withdrawalRefused = (endpoint: WriteEndpoint, error: string, by = callerName) =>
    endpoints[endpoint].moves === "out"
      ? Effect.flatMap(by, (caller) => notify({ _tag: "WithdrawalRefused", caller, error }))
      : Effect.void

  return {
    /** Tells of a withdrawal that was refused before it left. One that waits for a person is told of when its plan is made. */
    refused: (endpoint: WriteEndpoint, { _tag }: { readonly _tag: string }) =>
      _tag === "ApprovalPending" ? Effect.void : withdrawalRefused(endpoint, _tag),

    /** Tells of an outcome that is unknown, and of a withdrawal that did not happen. */
    ended: (endpoint: WriteEndpoint, { caller: id, seq }: EndedIntent, { error = "no error", outcome }: Outcome) => {
      const by = id === undefined ? callerName : Effect.succeed(id)
      if (outcome === "did-not-happen") return withdrawalRefused(endpoint, error, by)
      if (outcome === "happened") return Effect.void
      return Effect.flatMap(by, (caller) => notify({ _tag: "OutcomeUnknown", caller, endpoint, seq }))
    },

    /** Looks in the background at the limits that a write counted against, and tells of those that are nearly used. */
    used: ({ claim }: Pick<IntentDraft, "claim">, { krakenTime, server }: Limits) => {
      if (isSilent || claim === undefined || claim.spends.every(({ counts }) => counts.length === 0)) return Effect.void
      const limits = { ...(krakenTime !== undefined && { krakenTime }), ...(server !== undefined && { server }) }
      const look = Effect.gen(function* () {
        const caller = yield* callerName
        for (const { layer, limit } of (yield* record.limitUsages(limits)).filter(isNearlyUsed))
          yield* notify({ _tag: "BudgetNearlyUsed", caller, layer, limit })
      })
      return Effect.asVoid(Effect.forkIn(Effect.ignoreLogged(look), scope))
    }
  }
})

/** The name by which the operator knows the caller. */
const callerName = Effect.map(Principal, ({ caller }) => (caller._tag === "Token" ? caller.name : "local"))

/** Tells whether four fifths of a limit are used. */
export const isNearlyUsed = ({ allowed, used }: Pick<LimitUsage, "allowed" | "used">): boolean => {
  const [all, part] = [D.parse(allowed), D.parse(used)]
  return (
    all !== undefined &&
    part !== undefined &&
    D.isPositive(all) &&
    !D.lessThan(D.multiply(part, five), D.multiply(all, four))
  )
}

const [four, five] = [D.decimal("4"), D.decimal("5")]
