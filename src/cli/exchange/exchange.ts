import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import { Effect } from "effect"
import { load } from "../../layers/process/load.ts"

/** Help below the options: the faults that can be requested, and the commands that control a running exchange. */
export const steering = `
FAULTS
Each is for the next call of an endpoint such as AddOrder, Earn/Allocate or Ticker, or of any (*):
  drop-before, drop-after-accept    The connection is cut before, or after, the call is carried out
  delay                             Carried out, and answered so many seconds later
  arrive-late                       The connection is cut, and the call arrives so many seconds later
  list-late                         Carried out, the connection is cut, and it is listed so many seconds later
  wrong-date                        Answered with a Date that is so many seconds ahead
  html-502                          A proxy's page, nothing done
  rate-limit, invalid-nonce, service-unavailable, busy, lockout    Kraken's error, nothing done

STEERING
While it runs, programs on the same machine send it JSON:
  GET    /admin           Time, status, market and faults in store
  POST   /admin/faults    {"endpoint": "AddOrder", "kind": "delay", "count": 1, "seconds": 20}
  DELETE /admin/faults    Forget those in store
  POST   /admin/status    {"status": "maintenance"}, or cancel_only, post_only, online
                          of one pair: {"pair": "XBTUSD", "status": "limit_only"}, or those but maintenance
  POST   /admin/advance   {"seconds": 3600}: the clock jumps, and what would have happened by then happens
  POST   /admin/deposit   {"asset": "XBT", "amount": "0.5", "at_once": true}
  POST   /admin/fail      {}: deposits and withdrawals on their way fail; one with "refid"`

/** The command `exchange`. It loads the exchange lazily, so that other commands start without it. */
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
      Options.withPseudoName("FAULT"),
      Options.withDescription("Make calls go wrong: ENDPOINT=KIND, or ENDPOINT=KIND,count=2,seconds=20"),
      Options.repeated
    )
  },
  Effect.fn(function* (options) {
    const { serve } = yield* load(() => import("./exchangeServer.ts"))
    return yield* serve(options)
  })
).pipe(Command.withDescription("Serve a simulated Kraken, to test clients of its REST API against"))
