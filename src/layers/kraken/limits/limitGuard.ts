import { DateTime, Effect, Option } from "effect"
import { emptyDirectory } from "../../../domain/assets/directory.ts"
import { endpoints, type Params, type WriteEndpoint } from "../../../domain/endpoints/endpoints.ts"
import { assess, type Facts, type Rules } from "../../../domain/mandates/assess.ts"
import type { Claim, SpentOrder } from "../../../domain/mandates/claim.ts"
import type { Allowed } from "../../../domain/mandates/facts.ts"
import type { ServerLimits } from "../../../domain/mandates/mandate.ts"
import type { NoRoom } from "../../../domain/mandates/room.ts"
import { ApprovalVoid } from "../../../services/Approvals.ts"
import { clockTolerance } from "../../../services/Clocks.ts"
import { KrakenNotRecorded, KrakenPrecheckFailed } from "../../../services/KrakenErrors.ts"
import { type LimitError, LimitReached, NotAllowed } from "../../../services/LimitErrors.ts"
import { Principal } from "../../../services/Principal.ts"
import { type Limits, RecordUnavailable } from "../../../services/Record.ts"
import { type AccountFacts, makeAccountFacts } from "./accountFacts.ts"
import { makeCancelledOrders, readBackFor } from "./cancelledOrders.ts"
import { type Asked, makeCheckApproval } from "./checkApproval.ts"
import { type Judgement, makeJudgeWrite, scopeOf } from "./judgeWrite.ts"
import type { LimitContext } from "./limitContext.ts"
import { limitError } from "./limitError.ts"
import { type ReadBack, requireOrderLists } from "./readBack.ts"

/** A write that limits allow, if there is room for it when it is recorded. */
export interface Guarded {
  /** The parameters to send. A market order, for example, was turned into a limit order. */
  readonly params: Params
  /** Absent if no limits concern the write. */
  readonly claim?: Claim
  readonly limits: Limits
  /** Present if the parameters are not those of the caller: the terms that are sent. */
  readonly sentAs?: { readonly [name: string]: string }
}

/**
 * Knowledge of the room for an order. `assumed`: nothing yet, and nearly always there is some, so only the rules are
 * judged, and the record decides. A refusal: the record has just found too little, so the orders that cancels have named are
 * read back first. If there were any, the record decides again; otherwise, and without either, the room is judged here.
 */
export type Room = "assumed" | NoRoom

/** A write that no limits concern. */
const unlimited = (params: Params): Guarded => ({ params, limits: {} })

/**
 * Makes the guard of writes under mandates and limits of the server. It reads the facts that a judgement needs, judges the
 * write by the rules (`domain/mandates/assess.ts`), and looks whether there is room for it. The record decides about the
 * room again, in the step that reserves it.
 *
 * A write for which a person has to be asked becomes a plan. When it is carried out, it is judged again like any other, and
 * may not take more than was approved, beyond a tolerance.
 *
 * Known bounds decide first. Orders are read back only if the bounds would refuse a write, or would count a sale of what
 * the caller might own by now: each reading costs rate budget. Those that cancels have named are read first, and the
 * others only if that makes no room.
 */
export const makeLimitGuard = (
  context: LimitContext,
  server: Option.Option<ServerLimits>,
  readBack: ReadBack,
  account: AccountFacts = makeAccountFacts(context)
) => {
  const { approvals, record } = context
  const serverLimits = Option.getOrUndefined(server)
  const { noteCancelled, readCancelled } = makeCancelledOrders(readBack)
  const { judge, readNeeded } = makeJudgeWrite(context, account)
  const checkApproval = makeCheckApproval(context, account)

  /** Kraken's clock, which is asked first if no answer has shown it yet. */
  const krakenTime = Effect.gen(function* () {
    const { within } = yield* context.kraken.clock
    if (within > clockTolerance) yield* Effect.ignore(context.kraken.read("public/Time", {}, { priority: "write" }))
    return DateTime.toEpochMillis(yield* context.kraken.now)
  })

  return Effect.fn("KrakenWriter.guard")(
    function* (endpoint: WriteEndpoint, params: Params, call?: Asked, room?: Room) {
      const { mandate } = yield* Principal
      const permitted =
        call?.approval === undefined
          ? undefined
          : yield* approvals.permit(call.approval, { endpoint, request: call.given })
      if (Option.isNone(mandate) && serverLimits === undefined) {
        if (permitted === undefined) return unlimited(params)
        const reason = "this server has none of the limits under which it was asked"
        return yield* new ApprovalVoid({ call: endpoint, plan: permitted.id, reason })
      }
      const rules: Rules = {
        ...(Option.isSome(mandate) && { own: mandate.value }),
        ...(serverLimits !== undefined && { server: serverLimits })
      }
      const server = serverLimits === undefined ? {} : { server: serverLimits }
      if (endpoints[endpoint].moves === "cancels") {
        noteCancelled(params)
        const judged = assess(endpoint, params, rules, factsOfCancel)
        const assessed = yield* allowed(endpoint, { assessed: judged, refusal: Option.none() })
        yield* checkApproval(endpoint, assessed, { facts: factsOfCancel, call, limits: server, permitted, rules })
        return { params: assessed.params, limits: {} }
      }
      const isAssumable = endpoints[endpoint].moves === "orders" && permitted === undefined
      const assumed =
        isAssumable && room !== undefined && (room === "assumed" || (yield* readCancelled(room, endpoint)))
      const needed = yield* readNeeded(endpoint, params, rules, call?.given ?? params)
      const recorded = yield* record.facts(endpoint, needed.first, server)
      // A caller that is frozen, or too fast, makes no reads.
      if (Option.isSome(recorded.barred)) return yield* limitError(endpoint, recorded.barred.value)
      const hasToKeep = Option.exists(mandate, ({ terms }) => Object.keys(terms.keep).length > 0)
      const report = hasToKeep ? yield* Effect.option(account.balances) : Option.none()
      const limits: Limits = {
        ...server,
        ...(Option.isSome(report) && { report: report.value }),
        krakenTime: yield* krakenTime
      }
      let judged = yield* judge(endpoint, params, rules, { ...needed, limits, recorded }, assumed)
      if (judged.assessed._tag === "Allowed" && judged.assessed.claim.spends.some(({ counts }) => counts.length > 0))
        yield* requireOrderLists(context, endpoint)
      if (Option.isSome(judged.refusal) && (yield* readCancelled(judged.refusal.value, endpoint)))
        judged = yield* judge(endpoint, params, rules, { ...needed, limits })
      const scope = toReadBack(rules, judged)
      if (scope !== undefined) {
        yield* readBack(scope, endpoint)
        judged = yield* judge(endpoint, params, rules, { ...needed, limits })
      }
      const assessed = yield* allowed(endpoint, judged)
      yield* checkApproval(endpoint, assessed, { ...judged, call, limits, permitted, rules })
      const { claim, params: sent, sentAs } = assessed
      return { params: sent, claim, limits, ...(sentAs !== undefined && { sentAs }) } satisfies Guarded
    },
    (effect, endpoint) =>
      Effect.catchIf(
        effect,
        (error) => error instanceof RecordUnavailable,
        ({ reason }) => new KrakenNotRecorded({ endpoint, reason })
      )
  )
}

/**
 * The facts by which a cancel is judged: none. It does not wait for the names of assets, and passes although the record
 * cannot be read.
 */
const factsOfCancel: Facts = {
  directory: emptyDirectory,
  books: new Map(),
  takerFee: () => undefined,
  owned: new Map(),
  usedClientIds: new Set(),
  leveraged: new Set()
}

/** Fails with the error of a judgement that refuses. */
const allowed = (
  call: WriteEndpoint,
  { assessed, refusal }: Pick<Judgement, "assessed" | "refusal">
): Effect.Effect<Allowed, LimitError | KrakenPrecheckFailed> => {
  switch (assessed._tag) {
    case "NotAllowed":
      return new NotAllowed({ call, ...assessed })
    case "Uncheckable":
      return new KrakenPrecheckFailed({ endpoint: call, ...assessed })
    case "TooMuch":
      return new LimitReached({ call, ...assessed })
    case "Allowed":
      return Option.match(refusal, {
        onSome: (found) => limitError(call, found),
        onNone: () => Effect.succeed(assessed)
      })
  }
}

const isReducing = (order: SpentOrder | undefined): boolean => order === undefined || order.reduces

/** Finds the callers whose orders have to be read back before a judgement stands. Undefined if that would not change it. */
const toReadBack = (rules: Rules, { assessed, mightOwnMore, refusal }: Judgement): "own" | "everyone" | undefined => {
  const scope = Option.flatMapNullable(refusal, readBackFor)
  if (Option.isSome(scope)) return scope.value
  const isCovered = assessed._tag === "Allowed" && assessed.claim.spends.every(({ order }) => isReducing(order))
  return isCovered || !mightOwnMore ? undefined : scopeOf(rules)
}
