import { DateTime, Effect, Option } from "effect"
import { emptyDirectory } from "../../../domain/assets/directory.ts"
import type { Pair } from "../../../domain/assets/model.ts"
import { endpoints, type Params, type WriteEndpoint } from "../../../domain/endpoints/endpoints.ts"
import {
  assess,
  type Assessed,
  type Facts,
  factsNeeded,
  type FactsNeeded,
  type Rules
} from "../../../domain/mandates/assess.ts"
import type { Claim } from "../../../domain/mandates/claim.ts"
import type { ServerLimits } from "../../../domain/mandates/mandate.ts"
import type { NoRoom } from "../../../domain/mandates/room.ts"
import { clockTolerance } from "../../../services/Clocks.ts"
import { KrakenNotRecorded, KrakenPrecheckFailed } from "../../../services/KrakenErrors.ts"
import type { SendError } from "../../../services/KrakenWriter.ts"
import { LimitReached, NotAllowed } from "../../../services/LimitErrors.ts"
import { Principal } from "../../../services/Principal.ts"
import { type BalanceReport, type Limits, RecordUnavailable } from "../../../services/Record.ts"
import { limitError } from "./limitError.ts"
import { makeAccountFacts } from "./accountFacts.ts"
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

/** A write that no limits concern. */
const unlimited = (params: Params): Guarded => ({ params, limits: {} })

/**
 * Makes the guard of writes under mandates and limits of the server. It reads the facts that a judgement needs, judges the
 * write by the rules (`domain/mandates/assess.ts`), and looks whether there is room for it. The record decides about the
 * room again, in the step that reserves it.
 *
 * Known bounds decide first. Orders are read back only if the bounds would refuse a write, or would count a sale of what
 * the caller might have bought meanwhile: each reading costs rate budget.
 */
export const makeLimitGuard = (context: LimitContext, server: Option.Option<ServerLimits>, readBack: ReadBack) => {
  const { record } = context
  const account = makeAccountFacts(context)
  const serverLimits = Option.getOrUndefined(server)

  /** Kraken's clock, which is asked first if no answer has shown it yet. */
  const krakenTime = Effect.gen(function* () {
    const { within } = yield* context.kraken.clock
    if (within > clockTolerance) yield* Effect.ignore(context.kraken.read("public/Time", {}, { priority: "write" }))
    return DateTime.toEpochMillis(yield* context.kraken.now)
  })

  /** Reads an order that is to be amended, with the open spend that it belongs to. */
  const readAmended = Effect.fnUntraced(function* (name: NonNullable<FactsNeeded["amended"]>) {
    const listed = Option.flatten(yield* Effect.option(account.amended(name)))
    if (Option.isNone(listed)) return undefined
    const { row, txid } = listed.value
    const spends = yield* record.openSpends("own")
    const open = spends.find(
      (spend) => spend.txid === txid || (row.cl_ord_id !== undefined && spend.order?.cl_ord_id === row.cl_ord_id)
    )
    return { open, row }
  })

  /** Reads what a judgement needs. A fact that cannot be read is missing, and the rules refuse what depends on it. */
  const readFacts = Effect.fnUntraced(function* (
    endpoint: WriteEndpoint,
    params: Params,
    rules: Rules,
    report: Option.Option<BalanceReport>
  ) {
    // A cancel is judged without names, and does not wait for them.
    const directory = endpoints[endpoint].moves === "cancels" ? emptyDirectory : yield* context.directory
    const first = factsNeeded(endpoint, params, rules, directory)
    const amended = first.amended === undefined ? undefined : yield* readAmended(first.amended)
    const strategy =
      first.strategy === undefined ? Option.none() : yield* Effect.option(account.strategy(first.strategy))
    const known = {
      ...(amended !== undefined && { amended }),
      ...(Option.isSome(strategy) && strategy.value !== undefined && { strategy: strategy.value })
    }
    const needed = Object.keys(known).length === 0 ? first : factsNeeded(endpoint, params, rules, directory, known)
    const readEach = <A, E>(names: ReadonlyArray<string>, read: (pair: Pair) => Effect.Effect<A, E, Principal>) =>
      Effect.map(
        Effect.forEach(
          names.flatMap((name) => directory.findPair(name) ?? []),
          (pair) => Effect.map(Effect.option(read(pair)), (found) => [pair.display, found] as const),
          { concurrency: "unbounded" }
        ),
        (found) =>
          new Map(found.flatMap(([name, value]) => (Option.isSome(value) ? [[name, value.value] as const] : [])))
      )
    const [books, fees, owned, usedClientIds] = yield* Effect.all(
      [
        readEach(needed.books, account.book),
        readEach(needed.fees, account.takerFee),
        Effect.forEach(needed.owned, (asset) =>
          Effect.map(record.available(asset), (amount) => [asset, amount] as const)
        ),
        record.usedClientIds(needed.newClientIds)
      ],
      { concurrency: "unbounded" }
    )
    const facts: Facts = {
      directory,
      ...known,
      books,
      takerFee: (pair) => fees.get(pair),
      owned: new Map(owned),
      usedClientIds,
      ...(Option.isSome(report) && { balances: new Map(Object.entries(report.value.available)) })
    }
    return facts
  })

  /** Turns the parts of a judgement that refuse into errors. */
  const allowed = (call: WriteEndpoint, assessed: Assessed) => {
    switch (assessed._tag) {
      case "Allowed":
        return Effect.succeed(assessed)
      case "NotAllowed":
        return new NotAllowed({ call, ...assessed })
      case "Uncheckable":
        return new KrakenPrecheckFailed({ endpoint: call, ...assessed })
      case "TooMuch":
        return new LimitReached({ call, ...assessed })
    }
  }

  /** Tells whether a sale counts although coins that were bought meanwhile might cover it. */
  const mightOnlyReduce = Effect.fnUntraced(function* ({ spends }: Claim) {
    const sold = spends.filter(({ order }) => order?.type === "sell" && !order.reduces).map(({ asset }) => asset)
    if (sold.length === 0) return false
    const open = yield* record.openSpends("own")
    return open.some(({ gets }) => gets !== undefined && sold.includes(gets))
  })

  return Effect.fn("KrakenWriter.guard")(
    function* (endpoint: WriteEndpoint, params: Params, isReadBack: boolean) {
      const { mandate } = yield* Principal
      if (Option.isNone(mandate) && serverLimits === undefined) return unlimited(params)
      const rules: Rules = {
        ...(Option.isSome(mandate) && { own: mandate.value }),
        ...(serverLimits !== undefined && { server: serverLimits })
      }
      const isCancel = endpoints[endpoint].moves === "cancels"
      const hasToKeep = Option.exists(mandate, ({ terms }) => Object.keys(terms.keep).length > 0)
      const report = hasToKeep && !isCancel ? yield* Effect.option(account.balances) : Option.none()
      const judge = Effect.fnUntraced(function* () {
        const facts = yield* readFacts(endpoint, params, rules, report)
        const assessed = yield* allowed(endpoint, assess(endpoint, params, rules, facts))
        const limits: Limits = {
          ...(serverLimits !== undefined && { server: serverLimits }),
          ...(Option.isSome(report) && { report: report.value }),
          ...(!isCancel && { krakenTime: yield* krakenTime })
        }
        const { claim } = assessed
        const refusal = takesNothing(claim) ? Option.none() : yield* record.judge({ endpoint, claim }, limits)
        return { assessed, limits, refusal }
      })
      let judged = yield* judge()
      if (judged.assessed.claim.spends.some(({ counts }) => counts.length > 0))
        yield* requireOrderLists(context, endpoint)
      const scope = scopeToReadBack(judged.refusal)
      if (!isReadBack && (scope !== undefined || (yield* mightOnlyReduce(judged.assessed.claim)))) {
        yield* readBack(scope ?? "own", endpoint)
        judged = yield* judge()
      }
      const { assessed, limits, refusal } = judged
      if (Option.isSome(refusal)) return yield* limitError(endpoint, refusal.value)
      if (assessed.ask.length > 0)
        return yield* new NotAllowed({
          layer: "mandate",
          call: endpoint,
          rule: "ask",
          asked: assessed.ask.join(", "),
          allowed: "this only with the approval of a person"
        })
      const guarded: Guarded = {
        params: assessed.params,
        ...(!isCancel && { claim: assessed.claim }),
        limits,
        ...(assessed.sentAs !== undefined && { sentAs: assessed.sentAs })
      }
      return guarded
    },
    (effect, endpoint) =>
      Effect.mapError(effect, (error): SendError =>
        error instanceof RecordUnavailable ? new KrakenNotRecorded({ endpoint, reason: error.reason }) : error
      )
  )
}

/** Tells whether a write takes nothing: it is only checked, or cancels. There is always room for it. */
const takesNothing = ({ spends }: Claim): boolean => spends.length === 0

/** The callers whose orders are read back before a limit refuses a write. Undefined if that would not help. */
const scopeToReadBack = (refusal: Option.Option<NoRoom>): "own" | "everyone" | undefined => {
  if (Option.isNone(refusal) || refusal.value._tag !== "Limit" || refusal.value.limit === "rate") return undefined
  return refusal.value.layer === "server" ? "everyone" : "own"
}
