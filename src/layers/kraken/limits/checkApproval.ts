import { Effect, Option } from "effect"
import { makeQuote } from "../../../domain/approvals/makeQuote.ts"
import type { Quote } from "../../../domain/approvals/quote.ts"
import { exceeds } from "../../../domain/approvals/tolerance.ts"
import type { Params, WriteEndpoint } from "../../../domain/endpoints/endpoints.ts"
import type { Facts, Rules } from "../../../domain/mandates/assess.ts"
import type { Allowed } from "../../../domain/mandates/facts.ts"
import * as D from "../../../domain/numbers/decimal.ts"
import { ApprovalVoid, type Plan } from "../../../services/Approvals.ts"
import type { Principal } from "../../../services/Principal.ts"
import type { Limits } from "../../../services/Record.ts"
import type { AccountFacts } from "./accountFacts.ts"
import type { LimitContext } from "./limitContext.ts"

/** The call of a write that is about to be sent. */
export interface Asked {
  /** The caller's parameters, without ids of ours. Its approval binds them. */
  readonly given: Params
  /** The reason that the agent gave, for the person who is asked. */
  readonly said?: string | undefined
  /** The number of the plan that it carries out. */
  readonly approval?: number | undefined
}

/** The facts by which the approval of a write is decided. */
interface Approving {
  readonly call: Asked | undefined
  readonly facts: Facts
  readonly limits: Limits
  /** The approved plan that it carries out. */
  readonly permitted: Plan | undefined
  readonly rules: Rules
}

/** The longest wait for a fact that is only shown to a person. */
const quoteWait = "20 seconds"

/** The percentage by which a price may have moved if the mandate has no slippage. */
const usualTolerance = "1"

/**
 * Makes the check that asks a person about a write that is allowed, or compares it with the approval of its plan. The check
 * fails unless the write may be sent now.
 */
export const makeCheckApproval = (
  { approvals, record }: Pick<LimitContext, "approvals" | "record">,
  account: AccountFacts
) => {
  /** Reads what a person sees who is asked. A fact that cannot be read is named as missing. */
  const readQuote = Effect.fnUntraced(function* (
    endpoint: WriteEndpoint,
    { claim, params, sentAs }: Allowed,
    facts: Facts,
    limits: Limits
  ): Effect.fn.Return<Quote, never, Principal> {
    const shown = <A, E>(effect: Effect.Effect<A, E, Principal>) =>
      Effect.option(Effect.timeout(Effect.disconnect(effect), quoteWait))
    const [report, usage, fee, address] = yield* Effect.all(
      [
        limits.report === undefined ? shown(account.balances) : Effect.succeedSome(limits.report),
        shown(record.usage(limits)),
        endpoint === "private/Withdraw" ? shown(account.withdrawalFee(params)) : Effect.succeedNone,
        endpoint === "private/Withdraw" ? shown(account.withdrawalAddress(params)) : Effect.succeedNone
      ],
      { concurrency: "unbounded" }
    )
    const { books } = facts
    const feeRates = [...books.keys()].flatMap((pair) => {
      const fee = facts.takerFee(pair)
      return fee === undefined ? [] : [[pair, fee] as const]
    })
    return makeQuote({
      sends: params,
      changes: sentAs,
      claim,
      books,
      feeRates: new Map(feeRates),
      balances: Option.getOrUndefined(report)?.available,
      limits: Option.getOrUndefined(usage)?.limits,
      ...(endpoint === "private/Withdraw" && {
        withdrawal: { fee: Option.getOrUndefined(fee), address: Option.getOrUndefined(Option.flatten(address)) }
      })
    })
  })

  /** Finds the difference between a withdrawal as a person approved it and as it would be sent now. */
  const movedWithdrawal = Effect.fnUntraced(function* ({ quote, tolerance }: Plan, params: Params) {
    const [fee, address] = yield* Effect.all(
      [Effect.option(account.withdrawalFee(params)), Effect.option(account.withdrawalAddress(params))],
      { concurrency: "unbounded" }
    )
    if (quote.address !== undefined && quote.address !== Option.getOrUndefined(Option.flatten(address)))
      return "its address is another one now, or cannot be read"
    if (quote.fee === undefined) return undefined
    const [before, now] = [quote.fee.amount, Option.getOrUndefined(fee)?.amount].map((amount) =>
      amount === undefined ? undefined : D.decimal(amount)
    )
    const most =
      before && D.multiply(before, D.sum(D.decimal("1"), D.multiply(D.decimal(tolerance), D.decimal("0.01"))))
    return now !== undefined && most !== undefined && D.lessThanOrEqualTo(now, most)
      ? undefined
      : "its fee is higher now, or cannot be read"
  })

  return Effect.fnUntraced(function* (
    endpoint: WriteEndpoint,
    allowed: Allowed,
    { call, facts, limits, permitted, rules }: Approving
  ) {
    if (permitted !== undefined) {
      const reason =
        exceeds(permitted.claim, allowed.claim, permitted.tolerance) ??
        (endpoint === "private/Withdraw" ? yield* movedWithdrawal(permitted, allowed.params) : undefined)
      return reason === undefined ? undefined : yield* new ApprovalVoid({ call: endpoint, plan: permitted.id, reason })
    }
    if (call === undefined || allowed.ask.length === 0) return
    const draft = {
      endpoint,
      request: call.given,
      claim: allowed.claim,
      asks: allowed.ask,
      said: call.said,
      tolerance: rules.own?.terms.slippage ?? usualTolerance
    }
    return yield* approvals.ask(draft, readQuote(endpoint, allowed, facts, limits))
  })
}
