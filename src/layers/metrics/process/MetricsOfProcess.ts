import { type Array, Context, Effect, Layer, Option } from "effect"
import { monitorEventLoopDelay } from "node:perf_hooks"
import process from "node:process"
import { AccountData } from "../../../services/AccountData.ts"
import { clocks } from "../../../services/Clocks.ts"
import { Config } from "../../../services/Config.ts"
import { Halt } from "../../../services/Halt.ts"
import { KrakenClient } from "../../../services/KrakenClient.ts"
import { FeedState, MarketData } from "../../../services/MarketData.ts"
import { Metrics } from "../../../services/Metrics.ts"
import { Principal } from "../../../services/Principal.ts"
import { RateBudget } from "../../../services/RateBudget.ts"
import { Record, type RecordSummary } from "../../../services/Record.ts"
import { TokenStore } from "../../../services/TokenStore.ts"
import { version } from "../../../version.ts"
import { HaltInStateFolder } from "../../access/halt/HaltInStateFolder.ts"
import { localOperator } from "../../access/principals.ts"
import { accountLabel } from "../accountLabel.ts"
import { startRecording } from "../instrument.ts"
import * as Instruments from "../instruments.ts"
import { prometheusText } from "../prometheusText.ts"
import { startCounts } from "./startCounts.ts"

/** The services that a reading of an account needs. */
export type MeasuredServices = AccountData | Config | KrakenClient | MarketData | RateBudget | Record

/** The metrics of this process and of its Kraken accounts, which it records from now on. */
export const metricsOfProcess = (accounts: Array.NonEmptyReadonlyArray<Context.Context<MeasuredServices>>) =>
  Layer.scoped(
    Metrics,
    Effect.gen(function* () {
      yield* startRecording
      startCounts(accounts.map((services) => accountLabel(Context.get(services, Config))))
      const { mode } = Context.get(accounts[0], Config)
      Instruments.build.set([1, [version, process.version, mode]])
      const ofProcess = yield* makeOfProcess
      const { current } = yield* Halt
      const readings = yield* Effect.forEach(accounts, (services) => Effect.provide(makeReading, services))
      const tokens = accounts.length > 1 ? yield* Effect.serviceOption(TokenStore) : Option.none()
      const ofAccounts = Effect.gen(function* () {
        const isStoppedByFile = Option.isSome(yield* current)
        const read = yield* Effect.all(readings, { concurrency: "unbounded" })
        setAll(Option.isSome(tokens) ? withoutOthers(read, yield* labelsOf(tokens.value)) : read, isStoppedByFile)
      })
      const collect = Effect.zipRight(ofProcess, ofAccounts)
      return { collect, text: Effect.map(collect, prometheusText) }
    })
  ).pipe(Layer.provide(HaltInStateFolder))

/** The resolution of the delay of the event loop, in milliseconds. */
const resolution = 20

/** Reads the delay of the event loop since the last reading, and the memory. */
const makeOfProcess = Effect.gen(function* () {
  const delay = yield* Effect.acquireRelease(
    Effect.sync(() => {
      const histogram = monitorEventLoopDelay({ resolution })
      histogram.enable()
      return histogram
    }),
    (histogram) => Effect.sync(() => histogram.disable())
  )
  // The timer that measures the delay fires after the resolution, which is no delay.
  const seconds = (nanoseconds: number) => Math.max(0, nanoseconds / 1e9 - resolution / 1000)
  return Effect.sync(() => {
    if (delay.count > 0) {
      Instruments.eventLoopP50.set([seconds(delay.percentile(50)), []])
      Instruments.eventLoopP99.set([seconds(delay.percentile(99)), []])
      Instruments.eventLoopMax.set([seconds(delay.max), []])
      delay.reset()
    }
    Instruments.memory.set([process.memoryUsage.rss(), []])
  })
})

/** The state of one Kraken account. */
interface Reading {
  /** The account, empty if it has no name. */
  readonly account: string
  /** Undefined if the record can't be read. */
  readonly summary: RecordSummary | undefined
  /** Kraken's counters of the API key, by limiter. None on paper, where each caller has counters of its own. */
  readonly counters: { readonly [limiter: string]: { readonly remaining: number; readonly maximum: number } }
  /** The states of the connections for live data. None on paper. */
  readonly feeds: { readonly [connection: string]: FeedState }
  /** Kraken's clock less ours, in seconds. Undefined if it is not known. */
  readonly skew: number | undefined
}

/** Reads the labels of the accounts that tokens open. None is known if the tokens can't be read. */
const labelsOf = ({ list }: typeof TokenStore.Service) =>
  Effect.map(
    Effect.orElseSucceed(list, () => []),
    (tokens): ReadonlyMap<string, string> => new Map(tokens.map((token) => [token.id, accountLabel(token)]))
  )

/** Leaves out the limits of tokens that open another account, which have used nothing of this one. */
const withoutOthers = (readings: ReadonlyArray<Reading>, labels: ReadonlyMap<string, string>) =>
  readings.map(({ account, summary, ...reading }): Reading => ({
    ...reading,
    account,
    summary: summary && {
      ...summary,
      budgets: summary.budgets.filter(({ caller }) => (labels.get(caller) ?? account) === account)
    }
  }))

/** Makes the reading of an account. */
const makeReading = Effect.gen(function* () {
  const config = yield* Config
  const { localMandate: local, mode, serverLimits: server } = config
  const record = yield* Record
  const ofKraken = mode === "live" ? yield* makeOfKraken : Effect.succeed({ counters: {}, feeds: {}, skew: undefined })
  return Effect.gen(function* () {
    const summary = Option.getOrUndefined(yield* Effect.option(record.summary({ local, server })))
    const reading: Reading = { account: accountLabel(config), summary, ...(yield* ofKraken) }
    return reading
  })
})

/** Sets the gauges of all accounts. Metrics round amounts to doubles; limits never do. */
const setAll = (readings: ReadonlyArray<Reading>, isStoppedByFile: boolean): void => {
  const summaries = readings.flatMap(({ account, summary }) => (summary === undefined ? [] : [{ account, ...summary }]))
  Instruments.recordUp.set([summaries.length < readings.length ? 0 : 1, []])
  Instruments.frozen.set([isStoppedByFile || summaries.some(({ isStopped }) => isStopped) ? 1 : 0, []])
  const [first] = summaries
  if (first !== undefined) {
    Instruments.recordHead.set([first.head, []])
    Instruments.frozenCallers.set([first.frozenCallers, []])
    Instruments.intents.set(
      ...summaries.flatMap(({ account, intents }) => [
        [intents.open, ["open", account]] as const,
        [intents.unknown, ["unknown", account]] as const
      ])
    )
    Instruments.approvals.set(
      ...summaries.flatMap(({ account, approvals }) =>
        Object.entries(approvals).map(([state, count]) => [count, [state, account]] as const)
      )
    )
    const amounts = (of: "allowed" | "reserved" | "used") =>
      summaries.flatMap(({ account, budgets }) =>
        budgets.map(
          ({ caller, currency, limit, ...amounts }) =>
            [Number(amounts[of]), [caller, limit, currency, account]] as const
        )
      )
    Instruments.budgetAllowed.set(...amounts("allowed"))
    Instruments.budgetReserved.set(...amounts("reserved"))
    Instruments.budgetUsed.set(...amounts("used"))
  }
  const counters = readings.flatMap(({ account, counters }) =>
    Object.entries(counters).map(([limiter, counter]) => ({ ...counter, labels: [limiter, account] as const }))
  )
  if (counters.length > 0) {
    Instruments.rateCounter.set(...counters.map(({ labels, remaining }) => [remaining, labels] as const))
    Instruments.rateMaximum.set(...counters.map(({ labels, maximum }) => [maximum, labels] as const))
  }
  const feeds = readings.flatMap(({ account, feeds }) =>
    Object.entries(feeds).flatMap(([connection, now]) =>
      FeedState.literals.map((state) => [state === now ? 1 : 0, [connection, state, account]] as const)
    )
  )
  if (feeds.length > 0) Instruments.feedState.set(...feeds)
  const skew = readings.find(({ skew }) => skew !== undefined)?.skew
  if (skew !== undefined) Instruments.clockSkew.set([skew, []])
}

/** Makes the reading of the counters of the API key, of the clock of Kraken and of the feeds. */
const makeOfKraken = Effect.gen(function* () {
  const kraken = yield* KrakenClient
  const { remaining, remainingOfEngine } = yield* RateBudget
  const principal = localOperator(yield* Config)
  const [market, account] = [yield* MarketData, yield* AccountData]
  return Effect.gen(function* () {
    const { rest } = yield* Effect.provideService(remaining, Principal, principal)
    const engine = yield* Effect.provideService(remainingOfEngine, Principal, principal)
    const feeds = { public: yield* market.state, private: yield* account.state }
    const { within } = yield* kraken.clock
    const [now, { wall }] = [yield* kraken.now, yield* clocks]
    return {
      counters: Number.isFinite(rest.remaining) ? { rest, engine } : {},
      feeds,
      skew: Number.isFinite(within) ? (now.epochMillis - wall) / 1000 : undefined
    }
  })
})
