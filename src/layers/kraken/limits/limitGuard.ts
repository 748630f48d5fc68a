import { DateTime, Effect, Option } from "effect"
import { makeQuote } from "../../../domain/approvals/makeQuote.ts"
import type { Quote } from "../../../domain/approvals/quote.ts"
import { exceeds } from "../../../domain/approvals/tolerance.ts"
import { emptyDirectory } from "../../../domain/assets/directory.ts"
import type { Directory } from "../../../domain/assets/model.ts"
import { endpoints, type Params, type WriteEndpoint } from "../../../domain/endpoints/endpoints.ts"
import {
  assess,
  type Assessed,
  type Facts,
  factsNeeded,
  type FactsNeeded,
  type Rules
} from "../../../domain/mandates/assess.ts"
import type { Claim, SpentOrder } from "../../../domain/mandates/claim.ts"
import * as D from "../../../domain/numbers/decimal.ts"
import type { Allowed } from "../../../domain/mandates/facts.ts"
import type { ServerLimits } from "../../../domain/mandates/mandate.ts"
import { isPerhapsOf } from "../../../domain/mandates/ownOrders.ts"
import type { NoRoom } from "../../../domain/mandates/room.ts"
import { ApprovalVoid, type Plan } from "../../../services/Approvals.ts"
import { clockTolerance } from "../../../services/Clocks.ts"
import { KrakenNotRecorded, KrakenPrecheckFailed } from "../../../services/KrakenErrors.ts"
import { type LimitError, LimitReached, NotAllowed } from "../../../services/LimitErrors.ts"
import { Principal } from "../../../services/Principal.ts"
import { type Limits, type RecordFacts, RecordUnavailable } from "../../../services/Record.ts"
import { makeBoundedMap } from "../../caching/boundedMap.ts"
import { limitError } from "./limitError.ts"
import { type AccountFacts, makeAccountFacts } from "./accountFacts.ts"
import type { LimitContext } from "./limitContext.ts"
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

/** The call of a write that is about to be sent. */
export interface Asked {
  /** The caller's parameters, without ids of ours. Its approval binds them. */
  readonly given: Params
  /** The reason that the agent gave, for the person who is asked. */
  readonly said?: string | undefined
  /** The number of the plan that it carries out. */
  readonly approval?: number | undefined
}

/** The longest wait for a fact that is only shown to a person. */
const quoteWait = "20 seconds"

/** The percentage by which a price may have moved if the mandate has no slippage. */
const usualTolerance = "1"

/** The most orders named by cancels that are remembered, and the most characters of their ids. */
const mostCancelled = 10_000
const longestId = 40

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

  /** The ids of orders that cancels have named since they were read back. Nearly always these have ended. */
  const cancelled = makeBoundedMap<string, true>(mostCancelled)

  const noteCancelled = ({ cl_ord_id, cl_ord_ids, orders, txid }: Params) => {
    const ids = [txid, cl_ord_id, orders, cl_ord_ids].flat().filter((id) => typeof id === "string")
    for (const id of ids.flatMap((names) => names.split(",")))
      if (id.length <= longestId) cancelled.set(id.trim(), true)
  }

  /** Reads back the orders that cancels have named and that can make room for a write. Returns false if there are none. */
  const readCancelled = Effect.fnUntraced(function* (refusal: NoRoom, endpoint: WriteEndpoint) {
    const scope = readBackFor(refusal)
    if (scope === undefined || cancelled.keys().next().done === true) return false
    const read = new Set<string>()
    const wereRead = yield* readBack(scope, endpoint, ({ order, parentTxid, txid }) => {
      const ids = [txid, parentTxid, order?.cl_ord_id].filter((id) => id !== undefined)
      const named = ids.filter((id) => cancelled.get(id) !== undefined)
      for (const id of named) read.add(id)
      return named.length > 0
    })
    for (const id of read) cancelled.delete(id)
    return wereRead
  })

  /** Kraken's clock, which is asked first if no answer has shown it yet. */
  const krakenTime = Effect.gen(function* () {
    const { within } = yield* context.kraken.clock
    if (within > clockTolerance) yield* Effect.ignore(context.kraken.read("public/Time", {}, { priority: "write" }))
    return DateTime.toEpochMillis(yield* context.kraken.now)
  })

  /**
   * Reads an order that is to be amended, with the open spend that it belongs to. Without a mandate, all callers share what
   * limits of the server count.
   */
  const readAmended = Effect.fnUntraced(function* (name: NonNullable<FactsNeeded["amended"]>, rules: Rules) {
    const listed = Option.flatten(yield* Effect.option(account.amended(name)))
    if (Option.isNone(listed)) return undefined
    const { row, txid } = listed.value
    const spends = yield* record.openSpends(scopeOf(rules))
    const open =
      spends.find((spend) => spend.txid === txid || isPerhapsOf({ ...row, txid }, spend)) ??
      spends.find(({ parentTxid }) => parentTxid !== undefined && parentTxid === row.refid)
    const makesOthers = open !== undefined && spends.some(({ parent, seq }) => seq === open.seq && parent === open.n)
    return { open, row, hasClose: makesOthers || Boolean(row.descr.close) }
  })

  /** Names the facts that a judgement needs. */
  const readNeeded = Effect.fnUntraced(function* (
    endpoint: WriteEndpoint,
    params: Params,
    rules: Rules,
    given: Params
  ) {
    const directory = yield* context.directory
    const first = factsNeeded(endpoint, params, rules, directory)
    const named = namedIn(given)
    return { directory, first: { ...first, newClientIds: first.newClientIds.filter((id) => named.has(id)) } }
  })

  /** Reads what a judgement needs. A fact that cannot be read is missing, and the rules refuse what depends on it. */
  const readFacts = Effect.fnUntraced(function* (
    endpoint: WriteEndpoint,
    params: Params,
    rules: Rules,
    { directory, first, limits, recorded }: Start
  ) {
    const amended = first.amended === undefined ? undefined : yield* readAmended(first.amended, rules)
    const strategy =
      first.strategy === undefined ? Option.none() : yield* Effect.option(account.strategy(first.strategy))
    const known = {
      ...(amended !== undefined && { amended }),
      ...(Option.isSome(strategy) && strategy.value !== undefined && { strategy: strategy.value })
    }
    const needed = Object.keys(known).length === 0 ? first : factsNeeded(endpoint, params, rules, directory, known)
    const pairsOf = (names: ReadonlyArray<string>) => names.flatMap((name) => directory.findPair(name) ?? [])
    const { books, fees } = yield* account.markets({ books: pairsOf(needed.books), fees: pairsOf(needed.fees) })
    const { leveraged, owned, unsettled, usedClientIds } =
      recorded !== undefined && needed === first ? recorded : yield* record.facts(endpoint, needed, limits)
    const facts: Facts = {
      directory,
      ...known,
      books,
      takerFee: (pair) => fees.get(pair),
      owned,
      usedClientIds,
      leveraged,
      ...(limits.report !== undefined && { balances: new Map(Object.entries(limits.report.available)) })
    }
    return { facts, mightOwnMore: unsettled.size > 0 }
  })

  /**
   * Reads the facts and judges a write by the rules, and then by the room that the limits have. An order for which there
   * should be room is judged by the room only when it is recorded, unless a person is asked before, or an order was read for
   * this judgement.
   */
  const judge = Effect.fnUntraced(function* (
    endpoint: WriteEndpoint,
    params: Params,
    rules: Rules,
    start: Start,
    assumesRoom = false
  ) {
    const { facts, mightOwnMore } = yield* readFacts(endpoint, params, rules, start)
    const assessed = assess(endpoint, params, rules, facts)
    if (assessed._tag !== "Allowed") return { assessed, facts, mightOwnMore, refusal: Option.none() }
    const isLater = assumesRoom && assessed.ask.length === 0 && facts.amended === undefined
    const refusal =
      isLater || assessed.claim.spends.length === 0
        ? Option.none()
        : yield* record.judge({ endpoint, claim: assessed.claim }, start.limits)
    return { assessed, facts, mightOwnMore, refusal }
  })

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

  /**
   * Asks a person about a write that is allowed, or checks it against the approval of its plan. Fails unless it may be sent
   * now.
   */
  const checkApproval = Effect.fnUntraced(function* (
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

/** The callers whose orders count for a write: its own, or without a mandate all that limits of the server count. */
const scopeOf = ({ own }: Rules): "own" | "everyone" => (own === undefined ? "everyone" : "own")

/** The knowledge with which a judgement begins. */
interface Start {
  readonly directory: Directory
  /** The facts that the parameters name. */
  readonly first: FactsNeeded
  readonly limits: Limits
  /** The facts of the record that these are, if they were read. */
  readonly recorded?: RecordFacts
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

/** A write that was judged: by the rules, and, if they allow it, by the room that the limits have for it. */
interface Judgement {
  readonly assessed: Assessed
  /** The facts by which it was judged. */
  readonly facts: Facts
  /** True if orders that were filled or cancelled meanwhile can have left more of what it sells. */
  readonly mightOwnMore: boolean
  readonly refusal: Option.Option<NoRoom>
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

/** The ids that a caller gave to orders. Those of ours are random, so that no order had one before. */
const namedIn = ({ cl_ord_id, orders }: Params): ReadonlySet<unknown> =>
  new Set([cl_ord_id, ...(Array.isArray(orders) ? orders.map((order) => Object(order).cl_ord_id) : [])])

const isReducing = (order: SpentOrder | undefined): boolean => order === undefined || order.reduces

/** The callers whose orders can make room for a write that was refused. Undefined if none can. */
const readBackFor = (refusal: NoRoom): "own" | "everyone" | undefined => {
  if (refusal._tag !== "Limit" || refusal.limit === "rate") return undefined
  return refusal.layer === "server" ? "everyone" : "own"
}

/** Finds the callers whose orders have to be read back before a judgement stands. Undefined if that would not change it. */
const toReadBack = (rules: Rules, { assessed, mightOwnMore, refusal }: Judgement): "own" | "everyone" | undefined => {
  const scope = Option.flatMapNullable(refusal, readBackFor)
  if (Option.isSome(scope)) return scope.value
  const isCovered = assessed._tag === "Allowed" && assessed.claim.spends.every(({ order }) => isReducing(order))
  return isCovered || !mightOwnMore ? undefined : scopeOf(rules)
}
