import { type Array, type Context, Effect, Layer, Schedule } from "effect"
import type { MeasuredServices } from "../layers/metrics/process/MetricsOfProcess.ts"
import { load } from "../layers/process/load.ts"
import { Config } from "../services/Config.ts"
import { Metrics } from "../services/Metrics.ts"

/** No metrics: nothing is recorded. */
const MetricsOff = Layer.succeed(Metrics, { collect: Effect.void, text: Effect.succeed("") })

/** The metrics of this process and of its Kraken accounts, if somebody reads them. */
export const metricsOf = (accounts: Array.NonEmptyReadonlyArray<Context.Context<MeasuredServices>>) =>
  Layer.unwrapEffect(
    Effect.gen(function* () {
      const { metrics, otlpEndpoint } = yield* Config
      if (metrics === "off" && otlpEndpoint === undefined) return MetricsOff
      const { metricsOfProcess } = yield* load(() => import("../layers/metrics/process/MetricsOfProcess.ts"))
      return metricsOfProcess(accounts)
    })
  )

/** The same of a server with one account. */
export const MetricsIfRead = Layer.unwrapEffect(
  Effect.map(Effect.context<MeasuredServices>(), (account) => metricsOf([account]))
)

/** The pause between two readings of the values that are not counted as they happen: that of the exporter. */
const collectEvery = "10 seconds"

/** Reads these values now and then, if metrics are sent. A reader of Prometheus has them read when it asks. */
export const CollectedForExport = Layer.scopedDiscard(
  Effect.gen(function* () {
    const { otlpEndpoint } = yield* Config
    const { collect } = yield* Metrics
    if (otlpEndpoint !== undefined) yield* Effect.forkScoped(Effect.repeat(collect, Schedule.spaced(collectEvery)))
  })
)

/** Sends traces and metrics to a collector, if the settings name one. Otherwise no span is made, which takes time. */
export const Telemetry = Layer.unwrapEffect(
  Effect.gen(function* () {
    const { otlpEndpoint } = yield* Config
    if (otlpEndpoint === undefined) return Layer.setTracerEnabled(false)
    const { OtlpExport } = yield* load(() => import("../layers/tracing/otlp/OtlpExport.ts"))
    return OtlpExport(otlpEndpoint)
  })
)

/** The listener of metrics, if the settings have one. */
export const MetricsAddress = Layer.unwrapEffect(
  Effect.gen(function* () {
    const { metrics } = yield* Config
    if (typeof metrics === "string") return Layer.empty
    const { MetricsHttp, MetricsListener } = yield* load(() => import("../layers/metrics/http/MetricsHttp.ts"))
    const announced = Effect.flatMap(MetricsListener, ({ port }) =>
      Effect.logInfo("Metrics are served to everyone who reaches their address", { host: metrics.host, port })
    )
    return Layer.scopedDiscard(announced).pipe(Layer.provide(MetricsHttp(metrics)))
  })
)
