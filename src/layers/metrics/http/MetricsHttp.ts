import { Cause, Context, Effect, Layer, Option, Runtime } from "effect"
import { Config, type ListenAddress } from "../../../services/Config.ts"
import { Metrics } from "../../../services/Metrics.ts"
import { makeHostPolicy } from "../../http/hostPolicy.ts"
import { drainBriefly, listenAt } from "../../http/listen.ts"
import * as Reply from "../../http/reply.ts"
import { isLoopback } from "../../network/loopback.ts"
import { contentType } from "../prometheusText.ts"

/** The listener of metrics. */
export class MetricsListener extends Context.Tag("mcp-kraken/layers/metrics/http/MetricsHttp/MetricsListener")<
  MetricsListener,
  { readonly port: number }
>() {}

/**
 * Serves metrics at an address of their own, to everyone who reaches it, until the scope ends. It takes no tokens. On
 * loopback it has no TLS.
 */
export const MetricsHttp = ({ host, port }: ListenAddress) =>
  Layer.scoped(
    MetricsListener,
    Effect.gen(function* () {
      const config = yield* Config
      const { text } = yield* Metrics
      // A page of a browser is kept out, also one whose name resolves to this machine.
      const refuse = makeHostPolicy({ allowedHosts: [], allowedOrigins: [], authDisabled: false, host })
      const run = Runtime.runFork(yield* Effect.runtime())
      const server = yield* listenAt({ host, port, tls: isLoopback(host) ? Option.none() : config.tls }, drainBriefly)
      yield* server.serve(({ headers, url }, response) => {
        const reason = refuse(headers.origin, headers.host)
        if (reason !== undefined) return Reply.send(response, Reply.forbidden(reason))
        if (url?.split("?", 1)[0] !== "/metrics") return Reply.send(response, Reply.notFound)
        run(
          text.pipe(
            Effect.map((body) => Reply.plain(contentType, body)),
            Effect.catchAllDefect((defect) =>
              Effect.as(Effect.logError("A reading of the metrics died", Cause.die(defect)), Reply.internal)
            ),
            Effect.map((reply) => Reply.send(response, reply))
          )
        )
      })
      return { port: server.port }
    })
  )
