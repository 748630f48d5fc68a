import { Effect, Layer, Option } from "effect"
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
import { Record } from "../../../services/Record.ts"
import { version } from "../../../version.ts"
import { HaltInStateFolder } from "../../access/halt/HaltInStateFolder.ts"
import { localOperator } from "../../access/principals.ts"
import { startRecording } from "../instrument.ts"
import * as Instruments from "../instruments.ts"
import { prometheusText } from "../prometheusText.ts"
import { startCounts } from "./startCounts.ts"

/** The metrics of this process, which it records from now on. */
export const MetricsOfProcess = Layer.scoped(
  Metrics,
  Effect.gen(function* () {
    yield* startRecording
    startCounts()
    const config = yield* Config
    const { mode } = config
    Instruments.build.set([1, [version, process.version, mode]])
    const ofProcess = yield* makeOfProcess
    const ofRecord = yield* makeOfRecord
    const ofKraken = mode === "live" ? yield* makeOfKraken : Effect.void
    const collect = Effect.all([ofProcess, ofRecord, ofKraken], { discard: true })
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

/** Reads the record and the stop. Metrics round amounts to doubles; limits never do. */
const makeOfRecord = Effect.gen(function* () {
  const { localMandate: local, serverLimits: server } = yield* Config
  const { current } = yield* Halt
  const record = yield* Record
  return Effect.gen(function* () {
    const isStoppedByFile = Option.isSome(yield* current)
    const summary = Option.getOrUndefined(yield* Effect.option(record.summary({ local, server })))
    Instruments.recordUp.set([summary === undefined ? 0 : 1, []])
    Instruments.frozen.set([isStoppedByFile || summary?.isStopped === true ? 1 : 0, []])
    if (summary === undefined) return
    const { approvals, budgets, frozenCallers, head, intents } = summary
    Instruments.recordHead.set([head, []])
    Instruments.frozenCallers.set([frozenCallers, []])
    Instruments.intents.set([intents.open, ["open"]], [intents.unknown, ["unknown"]])
    Instruments.approvals.set(...Object.entries(approvals).map(([state, count]) => [count, [state]] as const))
    const amounts = (of: "allowed" | "reserved" | "used") =>
      budgets.map(
        ({ caller, currency, limit, ...amounts }) => [Number(amounts[of]), [caller, limit, currency]] as const
      )
    Instruments.budgetAllowed.set(...amounts("allowed"))
    Instruments.budgetReserved.set(...amounts("reserved"))
    Instruments.budgetUsed.set(...amounts("used"))
  })
})

/** Reads the counters of the API key, the clock of Kraken and the feeds. On paper, each caller has counters of its own. */
const makeOfKraken = Effect.gen(function* () {
  const kraken = yield* KrakenClient
  const { remaining, remainingOfEngine } = yield* RateBudget
  const principal = localOperator(yield* Config)
  const [market, account] = [yield* MarketData, yield* AccountData]
  return Effect.gen(function* () {
    const { rest } = yield* Effect.provideService(remaining, Principal, principal)
    const engine = yield* Effect.provideService(remainingOfEngine, Principal, principal)
    if (Number.isFinite(rest.remaining)) {
      Instruments.rateCounter.set([rest.remaining, ["rest"]], [engine.remaining, ["engine"]])
      Instruments.rateMaximum.set([rest.maximum, ["rest"]], [engine.maximum, ["engine"]])
    }
    const states = { public: yield* market.state, private: yield* account.state }
    Instruments.feedState.set(
      ...Object.entries(states).flatMap(([connection, now]) =>
        FeedState.literals.map((state) => [state === now ? 1 : 0, [connection, state]] as const)
      )
    )
    const { within } = yield* kraken.clock
    if (!Number.isFinite(within)) return
    const [now, { wall }] = [yield* kraken.now, yield* clocks]
    Instruments.clockSkew.set([(now.epochMillis - wall) / 1000, []])
  })
})
