import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import { Effect } from "effect"

/** Loads the exchange only when it is asked for: the other commands start without. */
export const exchange = Command.make(
  "exchange",
  {
    port: Options.integer("port").pipe(
      Options.withDescription("Port to listen on; 0 takes any that is free"),
      Options.withDefault(8766)
    ),
    host: Options.text("host").pipe(
      Options.withDescription("Address to listen on; the admin path stays open to this machine alone"),
      Options.withDefault("127.0.0.1")
    ),
    seed: Options.integer("seed").pipe(
      Options.withDescription("A number that decides market, ids, keys and secrets; without it keys are random"),
      Options.optional
    ),
    json: Options.boolean("json").pipe(Options.withDescription("Print url and keys as one line of JSON")),
    noRateLimits: Options.boolean("no-rate-limits").pipe(
      Options.withDescription("Count no calls, and lock no key out for its failures")
    ),
    faults: Options.text("fault").pipe(
      Options.withDescription("Make requests go wrong: ENDPOINT=KIND, or ENDPOINT=KIND,count=2,seconds=20"),
      Options.repeated
    )
  },
  Effect.fn(function* (options) {
    const { serve } = yield* Effect.promise(() => import("./exchangeServer.ts"))
    return yield* serve(options)
  })
).pipe(Command.withDescription("Serve a simulated Kraken, to test clients of its REST API against"))
