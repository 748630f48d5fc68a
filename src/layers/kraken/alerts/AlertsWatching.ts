import { DateTime, Effect, Layer, Option, Ref, Stream } from "effect"
import { type AlertCondition, type Firing, unwatchedAfter } from "../../../domain/alerts/alert.ts"
import { alertBan } from "../../../domain/alerts/alertBan.ts"
import type { Pair } from "../../../domain/assets/model.ts"
import { makeNewTrades, reachedBound } from "../../../domain/live/bounds.ts"
import type { Balances, Fill, Trade } from "../../../domain/live/values.ts"
import { AccountData } from "../../../services/AccountData.ts"
import { Alerts, type WatchedAlert } from "../../../services/Alerts.ts"
import { Callers } from "../../../services/Callers.ts"
import { monotonic } from "../../../services/Clocks.ts"
import { Config } from "../../../services/Config.ts"
import { KrakenClient } from "../../../services/KrakenClient.ts"
import { MarketData } from "../../../services/MarketData.ts"
import { Names } from "../../../services/Names.ts"
import { Notifier } from "../../../services/Notifier.ts"
import { Principal } from "../../../services/Principal.ts"
import { TradingMode } from "../../../services/TradingMode.ts"
import { makeAccountReads } from "../feed/accountReads.ts"
import { makeAskPrices } from "./askPrices.ts"
import { makeFollowers } from "./followers.ts"
import { makeWatchedCallers } from "./watchedCallers.ts"

/** The pause between two looks at the alerts. It costs no request to Kraken. */
const lookEvery = "1 second"

/** The pauses between two requests by REST while nothing is live, in milliseconds. A simulation costs nothing. */
const restEvery = { kraken: { prices: 10_000, account: 30_000 }, simulated: { prices: 500, account: 500 } } as const

/** The pause between two entries in the record of what was watched, in milliseconds. */
const noteEvery = 10_000

/** An alert with the party for whom its event is looked for. */
interface Watch extends WatchedAlert {
  readonly principal: typeof Principal.Service
}

type Of<Tag extends AlertCondition["_tag"]> = Watch & { readonly condition: Extract<AlertCondition, { _tag: Tag }> }

/**
 * Watches the prices, fills and balances of alerts, and tells of those that happened. Without an alert it asks Kraken
 * nothing. With a WebSocket it reads live data; without, it asks for the prices of all pairs in one request each ten
 * seconds, and for fills and balances each thirty.
 *
 * An event that might have happened while nobody watched, such as one that is found when the server starts, fires with the
 * time since when nobody did.
 */
export const AlertsWatching = Layer.scopedDiscard(
  Effect.gen(function* () {
    const { feed, mode } = yield* Config
    const trading = yield* TradingMode
    const alerts = yield* Alerts
    const market = yield* MarketData
    const account = yield* AccountData
    const kraken = yield* KrakenClient
    const names = yield* Names
    const { notify } = yield* Notifier
    const callers = makeWatchedCallers(yield* Callers)
    const { fills: readFills } = makeAccountReads(kraken, names, { isFeed: true })
    const askPrices = makeAskPrices(kraken, names)
    const { endRound, follow } = yield* makeFollowers

    const hasEvents = mode === "paper" || feed !== "off"
    const pauses = {
      prices:
        restEvery[trading.mode === "paper" && trading.market.kind === "synthetic" ? "simulated" : "kraken"].prices,
      account: restEvery[mode === "paper" ? "simulated" : "kraken"].account
    }

    /** The alerts that wait, by id. */
    const current = new Map<number, Watch>()
    /** Kraken's times up to which the events of alerts were looked for, in this process. */
    const seenAt = new Map<number, number>()
    /** Events that the record does not have yet. */
    const unrecorded = new Map<number, { readonly watch: Watch; readonly firing: Firing }>()
    /** Fill alerts for which the fills of before were asked for, and those for which they were read. */
    const askedFills = new Set<number>()
    const caughtUp = new Set<number>()
    /** The number of times that the events of each account have ended. */
    const endings = new Map<string, number>()
    /** Alerts that were compared with the live value that was there when they came. */
    const compared = new Set<number>()
    /** The monotonic times of the last requests and notes. */
    const lastTimes = new Map<string, number>()

    const isDue = (what: string, pause: number) =>
      Effect.map(monotonic, (now) => {
        const last = lastTimes.get(what)
        if (last !== undefined && now - last < pause) return false
        lastTimes.set(what, now)
        return true
      })
    const krakenTime = Effect.map(kraken.now, DateTime.toEpochMillis)

    const isOf =
      <Tag extends AlertCondition["_tag"]>(tag: Tag) =>
      (watch: Watch): watch is Of<Tag> =>
        watch.condition._tag === tag
    const ofAccount = <Tag extends AlertCondition["_tag"]>(tag: Tag, name: string): ReadonlyArray<Of<Tag>> =>
      [...current.values()].filter(isOf(tag)).filter((watch) => watch.account === name)

    /** Records that an alert fired. Only the process whose record says so tells of it. */
    const claim = (watch: Watch, firing: Firing) =>
      alerts.fire(watch.id, firing).pipe(
        Effect.tap(() => Effect.sync(() => unrecorded.delete(watch.id))),
        Effect.flatMap((isOurs) => (isOurs ? tell(watch, firing) : Effect.void)),
        Effect.catchAll(({ message }) => {
          unrecorded.set(watch.id, { watch, firing })
          return Effect.logWarning("An alert that fired could not be recorded, which is tried again", {
            reason: message
          })
        })
      )

    const tell = ({ condition, id, principal: { caller } }: Watch, { unwatchedSince }: Firing) =>
      Effect.zipRight(
        Effect.logInfo("An alert fired", { alert: id, caller: caller.id, missed: unwatchedSince !== undefined }),
        notify({
          _tag: "AlertFired",
          caller: caller._tag === "Token" ? caller.name : caller.id,
          alert: id,
          kind: kindOf[condition._tag],
          missed: unwatchedSince !== undefined
        })
      )

    const fire = (watch: Watch, firing: Firing, at: number) => {
      current.delete(watch.id)
      const before = Math.max(watch.watchedAt, seenAt.get(watch.id) ?? 0)
      return claim(watch, at - before > unwatchedAfter ? { ...firing, unwatchedSince: before } : firing)
    }

    /** Looks for the bound that one of the values reaches. */
    const compare = <Tag extends "Balance" | "Price">(watch: Of<Tag>, values: ReadonlyArray<string>, at: number) => {
      for (const value of values) {
        const bound = reachedBound(value, watch.condition)
        if (bound !== undefined) return fire(watch, { value, bound }, at)
      }
      seenAt.set(watch.id, at)
      return Effect.void
    }

    /**
     * Notes that alerts are watched by live data. One that is newer than the last change, which nothing tells it, is compared
     * with the value of now.
     */
    const watchedLive = Effect.fnUntraced(function* <Tag extends "Balance" | "Price">(
      watches: ReadonlyArray<Of<Tag>>,
      valueOf: (watch: Of<Tag>) => string | undefined
    ) {
      const at = yield* krakenTime
      for (const watch of watches) {
        const value = compared.has(watch.id) ? undefined : valueOf(watch)
        compared.add(watch.id)
        if (value === undefined) seenAt.set(watch.id, at)
        else yield* compare(watch, [value], at)
      }
    })

    const priceSeen = Effect.fnUntraced(function* (name: string, pair: string, price: string) {
      const at = yield* krakenTime
      for (const watch of ofAccount("Price", name))
        if (watch.condition.pair === pair) yield* compare(watch, [price], at)
    })

    /** Compares trades, oldest first. The last one is the price of now; those before it count from the making of an alert on. */
    const tradesSeen = Effect.fnUntraced(function* (name: string, pair: string, trades: ReadonlyArray<Trade>) {
      const at = yield* krakenTime
      for (const watch of ofAccount("Price", name)) {
        if (watch.condition.pair !== pair) continue
        const isOwn = ({ time }: Trade, n: number) => n === trades.length - 1 || time >= watch.since - clockDoubt
        const counted = trades.filter(isOwn)
        if (counted.length > 0)
          yield* compare(
            watch,
            counted.map(({ price }) => price),
            at
          )
      }
    })

    const balancesSeen = Effect.fnUntraced(function* (name: string, balances: Balances) {
      const at = yield* krakenTime
      for (const watch of ofAccount("Balance", name))
        yield* compare(watch, [balances.get(watch.condition.asset) ?? "0"], at)
    })

    const fillSeen = Effect.fnUntraced(function* (watches: ReadonlyArray<Of<"Fill">>, fill: Fill) {
      const at = yield* krakenTime
      for (const watch of watches) {
        const { order } = watch.condition
        if (!current.has(watch.id) || fill.time < watch.since || (order !== undefined && order !== fill.orderId))
          continue
        yield* fire(watch, { order: fill.orderId, filledAt: fill.time }, at)
      }
    })

    const pairsOf = Effect.fnUntraced(function* (name: string) {
      const { findPair } = yield* names.directory
      const displays = new Set(ofAccount("Price", name).map(({ condition }) => condition.pair))
      return [...displays].flatMap((display) => findPair(display) ?? [])
    })

    const watchPrices = Effect.fnUntraced(function* (name: string) {
      const pairs = yield* pairsOf(name)
      const quiet: Array<Pair> = []
      for (const pair of pairs) {
        const trades = market.trades(pair)
        const newTrades = makeNewTrades()
        yield* follow(
          `price ${name} ${pair.display}`,
          Stream.runForEach(trades.pushed, ({ value }) => tradesSeen(name, pair.display, newTrades(value)))
        )
        const live = yield* trades.live
        if (Option.isNone(live)) {
          quiet.push(pair)
          continue
        }
        const last = live.value.value.at(-1)
        const watches = ofAccount("Price", name).filter(({ condition }) => condition.pair === pair.display)
        yield* watchedLive(watches, () => last?.price)
      }
      if (quiet.length === 0 || !(yield* isDue(`prices ${name}`, pauses.prices))) return
      for (const { pair, price } of yield* askPrices(quiet)) yield* priceSeen(name, pair, price)
    })

    const watchBalances = Effect.fnUntraced(function* (name: string) {
      const watches = ofAccount("Balance", name)
      if (watches.length === 0) return
      yield* follow(
        `balances ${name}`,
        Stream.runForEach(account.balances.pushed, ({ value }) => balancesSeen(name, value))
      )
      const live = yield* account.balances.live
      if (Option.isSome(live)) {
        const balances = live.value.value
        yield* watchedLive(watches, ({ condition }) => balances.get(condition.asset) ?? "0")
      } else if (yield* account.balances.isPrompt) {
        const at = yield* krakenTime
        for (const { id } of watches) seenAt.set(id, at)
      } else if (yield* isDue(`balances ${name}`, pauses.account)) {
        yield* account.balances.snapshot.pipe(
          Effect.flatMap(({ value }) => balancesSeen(name, value)),
          Effect.catchAll(({ message }) => Effect.logDebug(`Balances of alerts can't be read: ${message}`))
        )
      }
    })

    const watchFills = Effect.fnUntraced(function* (name: string) {
      const watches = ofAccount("Fill", name)
      if (watches.length === 0) return
      if (hasEvents)
        yield* follow(
          `fills ${name}`,
          account.events.pipe(
            Stream.runForEach((event) =>
              event._tag === "Filled" ? fillSeen(ofAccount("Fill", name), event.fill) : Effect.void
            ),
            Effect.ensuring(
              Effect.sync(() => {
                endings.set(name, (endings.get(name) ?? 0) + 1)
                for (const { id } of ofAccount("Fill", name)) caughtUp.delete(id)
              })
            )
          )
        )
      const behind = hasEvents ? watches.filter(({ id }) => !caughtUp.has(id)) : watches
      const isNew = behind.some(({ id }) => !askedFills.has(id))
      const due = behind.length > 0 && (yield* isDue(`fills ${name}`, isNew ? 0 : pauses.account))
      const at = yield* krakenTime
      if (due) {
        for (const { id } of behind) askedFills.add(id)
        const ended = endings.get(name)
        const from = Math.min(...behind.map((watch) => Math.max(watch.since, watchedUntil(watch) - overlap)))
        const fills = yield* Effect.option(
          Effect.tapError(readFills(from), ({ message }) =>
            Effect.logDebug(`Fills of alerts can't be read: ${message}`)
          )
        )
        if (Option.isSome(fills)) {
          for (const fill of fills.value.toSorted((a, b) => a.time - b.time)) yield* fillSeen(behind, fill)
          for (const { id } of behind) {
            // Nothing tells of fills after events that have ended meanwhile.
            if (endings.get(name) === ended) caughtUp.add(id)
            seenAt.set(id, at)
          }
        }
      }
      if (hasEvents && (yield* account.orders.isPrompt))
        for (const { id } of watches) if (caughtUp.has(id)) seenAt.set(id, at)
    })

    const watchedUntil = ({ id, watchedAt }: Watch): number => Math.max(watchedAt, seenAt.get(id) ?? 0)

    /** Reads which alerts wait, and for whom. */
    const reload = Effect.gen(function* () {
      const rows = yield* alerts.watched
      const found = yield* callers.principalsOf(new Set(rows.map(({ caller }) => caller)))
      for (const caller of found.invalid) yield* alerts.drop(caller)
      current.clear()
      for (const row of rows) {
        const principal = found.valid.get(row.caller)
        if (principal === undefined || principal.account !== row.account || unrecorded.has(row.id)) continue
        // A mandate that became narrower no longer lets its caller know.
        const ban = Option.isNone(principal.mandate)
          ? undefined
          : alertBan(principal.mandate.value.terms, row.condition._tag)
        if (ban === undefined) current.set(row.id, { ...row, principal })
      }
      const waiting = new Set(rows.map(({ id }) => id))
      for (const known of [seenAt, askedFills, caughtUp, compared])
        for (const id of known.keys()) if (!waiting.has(id)) known.delete(id)
    })

    const look = Effect.gen(function* () {
      for (const { firing, watch } of unrecorded.values()) yield* claim(watch, firing)
      yield* reload
      const accounts = new Map([...current.values()].map(({ account: name, principal }) => [name, principal] as const))
      for (const [name, principal] of accounts)
        yield* Effect.provideService(
          Effect.all([watchPrices(name), watchBalances(name), watchFills(name)], { concurrency: 3, discard: true }),
          Principal,
          principal
        )
      yield* endRound
      if (current.size > 0 && (yield* isDue("note", noteEvery)))
        yield* alerts.seen(new Map([...seenAt].filter(([id]) => current.has(id))))
    })

    /** The last warning. An unusable record is logged once, not at every look. */
    const warned = yield* Ref.make("")
    const warn = (message: string) =>
      Effect.flatMap(Ref.getAndSet(warned, message), (before) =>
        before === message ? Effect.void : Effect.logWarning("Alerts are not watched now", { reason: message })
      )
    yield* look.pipe(
      Effect.catchAll(({ message }) => warn(message)),
      Effect.catchAllDefect((defect) => Effect.logError("A look at the alerts died", defect)),
      Effect.zipRight(Effect.sleep(lookEvery)),
      Effect.forever,
      Effect.forkScoped
    )
  })
)

const kindOf = { Price: "price", Fill: "fill", Balance: "balance" } as const

/** The largest difference between Kraken's clock and ours that is expected, in milliseconds. */
const clockDoubt = 5000

/** The overlap of two readings of fills, since answers can be late, in milliseconds. */
const overlap = 60_000
