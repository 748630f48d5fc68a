import { Context, DateTime, Effect, Layer, Option } from "effect"
import { isRecord } from "effect/Predicate"
import type { Directory, Pair } from "../../../domain/assets/model.ts"
import type { Endpoint, Params } from "../../../domain/endpoints/endpoints.ts"
import {
  balancesInForce,
  depthOf,
  keepBalances,
  type KeptBalances,
  keepOrders,
  type KeptOrders,
  type Open,
  openOf,
  ordersInForce,
  tickerRowOf
} from "../../../domain/live/answers.ts"
import type { OpenOrders, Wallets } from "../../../domain/live/values.ts"
import { AccountData } from "../../../services/AccountData.ts"
import { monotonic } from "../../../services/Clocks.ts"
import { KrakenClient } from "../../../services/KrakenClient.ts"
import { type Answer, answeredByRest, LiveAnswers } from "../../../services/LiveAnswers.ts"
import { bookDepth, MarketData, type Snapshot } from "../../../services/MarketData.ts"
import { Names } from "../../../services/Names.ts"
import type { Principal } from "../../../services/Principal.ts"
import { makeBoundedMap } from "../../caching/boundedMap.ts"
import { makeWatchedClient } from "../writes/watchedClient.ts"

/** A kind of answer that live data can give. */
interface Source {
  /** Finds the answer in live data. */
  readonly find: Effect.Effect<Option.Option<Answer>, never, Principal>
  /** Called before REST is asked. The outcome keeps the answer, from which later ones are made. None if nothing is live. */
  readonly keep: Effect.Effect<Option.Option<(result: unknown, at: number) => Effect.Effect<void, never, Principal>>>
}

/**
 * The time for which an answer of REST is taken as in force while live data tells no change, in milliseconds: nothing
 * tells that the last message of a feed was lost.
 */
const keptFor = 60_000

/** The time for which what is held for orders must not have changed before it is asked for: REST can lag behind. */
const settledAfter = 2000

/**
 * Answers from the live data of Kraken, and the client whose writes are watched: what was received before a write ended
 * is not shown after it.
 */
export const LiveAnswersKraken = Layer.effectContext(
  Effect.gen(function* () {
    const kraken = yield* KrakenClient
    const names = yield* Names
    const market = yield* MarketData
    const account = yield* AccountData
    const { client, writes } = makeWatchedClient(kraken)

    /** Holds a value that a write makes outdated, and that is only as old as `keptFor`. */
    const makeKept = <A>() => {
      let kept: { readonly value: A; readonly at: number; readonly writes: number } | undefined
      return {
        set: (value: A | undefined, at: number, before: number): void => {
          kept = value === undefined ? undefined : { value, at, writes: before }
        },
        get: Effect.map(monotonic, (now) =>
          kept !== undefined && kept.writes === writes() && now - kept.at <= keptFor
            ? Option.some({ value: kept.value, age: Math.max(0, now - kept.at) })
            : Option.none()
        )
      }
    }

    const isLive = <A>(found: Option.Option<Snapshot<A>>) => Option.isSome(found)
    const live = (result: unknown, age: number): Answer => ({ result, source: "websocket", age })

    // Prices of the day. Only REST knows the opening price, which stays the same until midnight.
    const opens = new Map<string, Open>()
    const today = Effect.map(kraken.now, dayOf)
    const tickers = (pairs: ReadonlyArray<Pair>): Source => {
      const looks = Effect.forEach(pairs, (pair) => market.ticker(pair).live)
      return {
        find: Effect.gen(function* () {
          const found = Option.all(yield* looks)
          const day = yield* today
          const known = pairs.flatMap(({ id }) => opens.get(id) ?? [])
          if (Option.isNone(found) || known.length < pairs.length) return Option.none()
          if (day === undefined || known.some((open) => open.day !== day)) return Option.none()
          const rows = found.value.map(({ value }, i) => [pairs[i]?.id, tickerRowOf(value, known[i] ?? noOpen)])
          return Option.some(live(Object.fromEntries(rows), Math.max(...found.value.map(({ age }) => age))))
        }),
        keep: Effect.gen(function* () {
          const day = yield* today
          if (!(yield* looks).every(isLive)) return Option.none()
          return Option.some((result: unknown) =>
            Effect.map(today, (now) => {
              for (const { id } of pairs) {
                const open = day !== undefined && now === day && isRecord(result) ? openOf(result[id], day) : undefined
                if (open === undefined) opens.delete(id)
                else opens.set(id, open)
              }
            })
          )
        })
      }
    }

    const book = (pair: Pair, count: number): Source => ({
      find: Effect.map(
        market.book(pair).live,
        Option.map(({ age, value }) => live(depthOf(pair, value, count), age))
      ),
      keep: Effect.succeedNone
    })

    const keptOrders = makeKept<KeptOrders>()
    const orders: Source = {
      find: Effect.gen(function* () {
        const [kept, now] = [yield* keptOrders.get, yield* account.orders.live]
        if (Option.isNone(kept) || Option.isNone(now)) return Option.none()
        const result = ordersInForce(kept.value.value, now.value.value)
        return result === undefined ? Option.none() : Option.some(live(result, kept.value.age))
      }),
      keep: Effect.map(
        account.orders.live,
        Option.map(({ value }) => {
          const before = writes()
          return (result: unknown, at: number) =>
            Effect.map(names.directory, (directory) => keptOrders.set(keepOrders(result, value, directory), at, before))
        })
      )
    }

    const keptBalances = makeKept<KeptBalances>()
    const balances: Source = {
      find: Effect.gen(function* () {
        const [kept, now] = [yield* keptBalances.get, yield* account.wallets]
        if (Option.isNone(kept) || Option.isNone(now)) return Option.none()
        const result = balancesInForce(kept.value.value, now.value.value)
        return result === undefined ? Option.none() : Option.some(live(result, now.value.age))
      }),
      keep: Effect.map(
        account.wallets,
        Option.map(({ value }) => {
          const before = writes()
          return (result: unknown, at: number) =>
            Effect.map(names.directory, (directory) =>
              keptBalances.set(keepBalances(result, value, directory, textOf), at, before)
            )
        })
      )
    }

    // Live data does not name what is held for orders, so that an answer is in force only until anything happens.
    const keptHolds = makeKept<{ readonly result: unknown; readonly wallets: Wallets; readonly orders: OpenOrders }>()
    const both = Effect.map(Effect.all([account.wallets, account.orders.live]), ([wallets, open]) =>
      Option.all({ wallets, open })
    )
    const holds: Source = {
      find: Effect.gen(function* () {
        const [kept, now] = [yield* keptHolds.get, yield* both]
        if (Option.isNone(kept) || Option.isNone(now)) return Option.none()
        const { age, value } = kept.value
        const isInForce = value.wallets === now.value.wallets.value && value.orders === now.value.open.value
        return isInForce ? Option.some(live(value.result, age)) : Option.none()
      }),
      keep: Effect.map(
        both,
        Option.map(({ open, wallets }) => {
          const before = writes()
          const isSettled = Math.min(open.age, wallets.age) >= settledAfter
          const isMoving = [...open.value.values()].some(({ type }) => type.startsWith("trailing-stop"))
          return (result: unknown, at: number) =>
            Effect.map(names.directory, (directory) => {
              const kept = isSettled && !isMoving && agreesWith(result, wallets.value, directory)
              keptHolds.set(kept ? { result, wallets: wallets.value, orders: open.value } : undefined, at, before)
            })
        })
      )
    }

    /** Finds the kind of answer for a call. Undefined if live data does not have what the call asks for. */
    const sourceOf = (endpoint: Endpoint, params: Params, { findPair }: Directory): Source | undefined => {
      const { asset_class: assetClass = "currency", count = bookDepth, pair, ...others } = params
      if (Object.values(others).some((value) => value !== undefined)) return undefined
      if (pair === undefined) {
        if (params["asset_class"] !== undefined) return undefined
        if (endpoint === "private/OpenOrders") return orders
        if (endpoint === "private/Balance") return balances
        return endpoint === "private/BalanceEx" ? holds : undefined
      }
      const pairs = String(pair)
        .split(",")
        .map((name) => findPair(name))
      // A tokenised asset can have the name of a currency. REST then answers about the class that was asked for.
      const known = pairs.flatMap((found) => (found !== undefined && found.assetClass === assetClass ? [found] : []))
      const [first] = known
      if (known.length < pairs.length || first === undefined) return undefined
      if (endpoint === "public/Ticker") return known.length <= mostTickers ? tickers(known) : undefined
      return endpoint === "public/Depth" && Number(count) <= bookDepth ? book(first, Number(count)) : undefined
    }

    const shared = makeBoundedMap<string, Shared>(mostShared)
    let asked = 0

    const read = Effect.fnUntraced(function* <E, R>(
      endpoint: Endpoint,
      params: Params,
      byRest: Effect.Effect<unknown, E, R>
    ) {
      const source = sourceOf(endpoint, params, yield* names.directory)
      if (source === undefined) return yield* Effect.map(byRest, answeredByRest)
      const found = yield* source.find
      if (Option.isSome(found)) return found.value
      const keep = yield* source.keep
      if (Option.isNone(keep)) return yield* Effect.map(byRest, answeredByRest)
      // One caller asks the same at a time, since its answer serves the others.
      const same = shared.getOrMake(JSON.stringify([endpoint, params]), () => ({
        lock: Effect.unsafeMakeSemaphore(1),
        latest: undefined
      }))
      const mine = ++asked
      return yield* same.lock.withPermits(1)(
        Effect.gen(function* () {
          const again = yield* source.find
          if (Option.isSome(again)) return again.value
          const other = same.latest
          if (other !== undefined && other.asked > mine) {
            return { ...answeredByRest(other.result), age: (yield* monotonic) - other.at }
          }
          const number = ++asked
          const keepNow = yield* source.keep
          const result = yield* byRest
          const at = yield* monotonic
          same.latest = { asked: number, result, at }
          if (Option.isSome(keepNow)) yield* keepNow.value(result, at)
          return answeredByRest(result)
        })
      )
    })

    return Context.make(LiveAnswers, { read }).pipe(Context.add(KrakenClient, client))
  })
)

/** Different requests whose latest answers are remembered at most. */
const mostShared = 100

/** A request that several callers might make. */
interface Shared {
  readonly lock: Effect.Semaphore
  latest: Asked | undefined
}

/** The latest answer of REST. */
interface Asked {
  /** The place of its request in the order of requests and calls. */
  readonly asked: number
  readonly result: unknown
  readonly at: number
}

/** Pairs of one call that are followed at most. */
const mostTickers = 20

/** Names the day, as in `2026-11-29`. Undefined near midnight, when Kraken's day might be another one. */
const dayOf = (now: DateTime.Utc): string | undefined => {
  const [before, after] = [-nearMidnight, nearMidnight].map((millis) =>
    DateTime.formatIsoDateUtc(DateTime.add(now, { millis }))
  )
  return before === after ? after : undefined
}

/** The largest difference between Kraken's clock and ours that is expected, in milliseconds. */
const nearMidnight = 10_000

const noOpen: Open = { price: "", day: "" }

const textOf = (value: unknown): string | undefined =>
  typeof value === "string" || typeof value === "number" ? String(value) : undefined

/** Checks the balances of an answer of `BalanceEx`. One with credit is not in force for any time, since no event tells of it. */
const agreesWith = (result: unknown, wallets: Wallets, directory: Directory): boolean =>
  isRecord(result) &&
  Object.values(result).every(
    (row) => isRecord(row) && row["credit"] === undefined && row["credit_used"] === undefined
  ) &&
  keepBalances(result, wallets, directory, (row) => (isRecord(row) ? textOf(row["balance"]) : undefined)) !== undefined
