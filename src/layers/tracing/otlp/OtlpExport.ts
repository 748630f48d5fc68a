import * as HttpBody from "@effect/platform/HttpBody"
import * as OtlpMetrics from "@effect/opentelemetry/OtlpMetrics"
import { OtlpSerialization } from "@effect/opentelemetry/OtlpSerialization"
import * as OtlpTracer from "@effect/opentelemetry/OtlpTracer"
import { Duration, Effect, Layer, Redacted } from "effect"
import { Config } from "../../../services/Config.ts"
import { version } from "../../../version.ts"
import { HttpClientForTelemetry } from "../../kraken/client/HttpClientThroughProxy.ts"
import { safeMetrics, safeTraces } from "./otlpBody.ts"
import { sampled } from "./sampled.ts"
import { startTracing } from "../span.ts"

/** The longest wait for the last spans and metrics at the end. */
const shutdownTimeout = Duration.seconds(1)

/** OTLP as JSON. Everything that is sent passes here, and loses what must not leave. */
const Serialization = Layer.succeed(OtlpSerialization, {
  traces: (data) => HttpBody.unsafeJson(safeTraces(data)),
  metrics: (data) => HttpBody.unsafeJson(safeMetrics(data)),
  logs: (data) => HttpBody.unsafeJson(data)
})

/**
 * Sends spans and metrics to a collector of OpenTelemetry, in the background. A collector that does not answer costs
 * nothing but what it would have got.
 */
export const OtlpExport = (endpoint: string) =>
  Layer.unwrapScoped(
    Effect.gen(function* () {
      const { otlpHeaders, traceShare } = yield* Config
      yield* startTracing
      const options = {
        resource: { serviceName: "mcp-kraken", serviceVersion: version },
        ...(otlpHeaders !== undefined && { headers: Redacted.value(otlpHeaders) }),
        shutdownTimeout
      }
      const tracer = yield* OtlpTracer.make({ ...options, url: `${endpoint}/v1/traces` })
      yield* OtlpMetrics.make({ ...options, url: `${endpoint}/v1/metrics` })
      return Layer.setTracer(sampled(tracer, traceShare))
    })
  ).pipe(Layer.provide([Serialization, HttpClientForTelemetry(endpoint)]))
