import { Effect, Option } from "effect"
import type { Directory } from "../../../domain/assets/model.ts"
import type { Params, WriteEndpoint } from "../../../domain/endpoints/endpoints.ts"
import {
  assess,
  type Assessed,
  type Facts,
  factsNeeded,
  type FactsNeeded,
  type Rules
} from "../../../domain/mandates/assess.ts"
import { isPerhapsOf } from "../../../domain/mandates/ownOrders.ts"
import type { NoRoom } from "../../../domain/mandates/room.ts"
import type { Limits, RecordFacts } from "../../../services/Record.ts"
import type { AccountFacts } from "./accountFacts.ts"
import type { LimitContext } from "./limitContext.ts"

/** The knowledge with which a judgement begins. */
interface Start {
  readonly directory: Directory
  /** The facts that the parameters name. */
  readonly first: FactsNeeded
  readonly limits: Limits
  /** The facts of the record that these are, if they were read. */
  readonly recorded?: RecordFacts
}

/** A write that was judged: by the rules, and, if they allow it, by the room that the limits have for it. */
export interface Judgement {
  readonly assessed: Assessed
  /** The facts by which it was judged. */
  readonly facts: Facts
  /** True if orders that were filled or cancelled meanwhile can have left more of what it sells. */
  readonly mightOwnMore: boolean
  readonly refusal: Option.Option<NoRoom>
}

/** Makes the judgement of writes by the rules and by the room that limits have. It reads the facts that it needs. */
export const makeJudgeWrite = (
  { directory: readDirectory, record }: Pick<LimitContext, "directory" | "record">,
  account: AccountFacts
) => {
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
    const directory = yield* readDirectory
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

  return { readNeeded, judge }
}

/** The callers whose orders count for a write: its own, or without a mandate all that limits of the server count. */
export const scopeOf = ({ own }: Rules): "own" | "everyone" => (own === undefined ? "everyone" : "own")

/** The ids that a caller gave to orders. Those of ours are random, so that no order had one before. */
const namedIn = ({ cl_ord_id, orders }: Params): ReadonlySet<unknown> =>
  new Set([cl_ord_id, ...(Array.isArray(orders) ? orders.map((order) => Object(order).cl_ord_id) : [])])
