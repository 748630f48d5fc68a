import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import { Effect } from "effect"
import { load } from "../../layers/process/load.ts"

/** Help below the options: the faults that can be requested, and the commands that control a running exchange. */
export const control = `
FAULTS
Each applies to the next call of an endpoint such as AddOrder, Earn/Allocate or Ticker, or of any endpoint (*):
  drop-before, drop-after-accept    The connection is cut before, or after, the call is carried out
  delay                             The call is carried out, and answered so many seconds later
  arrive-late                       The connection is cut, and the call arrives so many seconds later
  list-late                         The call is carried out, the connection is cut, and lists show it so many seconds later
  wrong-date                        The Date of the answer is so many seconds ahead
  html-502                          A proxy answers with an error page; the call is not carried out
  rate-limit, invalid-nonce, service-unavailable, busy, lockout    Kraken's error; the call is not carried out
Each of these applies to the next update of a WebSocket channel such as book or executions, or of any channel (*):
  drop                              The connection is cut in place of the update
  gap                               The update is left out
  wrong-checksum                    The book has a checksum that does not match it
  duplicate                         The update is sent twice
  late                              The update is sent so many seconds later, and later messages overtake it
  slow                              The update is sent so many seconds later, and all later messages after it

CONTROL
Programs on the same machine can send JSON to the running exchange:
  GET    /admin           Show the time, the status, the market and the pending faults
  POST   /admin/faults    {"endpoint": "AddOrder", "kind": "delay", "count": 1, "seconds": 20}
  DELETE /admin/faults    Remove the pending faults
  POST   /admin/status    {"status": "maintenance"}, or cancel_only, post_only, online
                          For one pair: {"pair": "XBTUSD", "status": "limit_only"}, or any of these but maintenance
  POST   /admin/advance   {"seconds": 3600}: the clock moves forward, and everything due by then happens
  POST   /admin/price     {"pair": "XBTUSD", "price": "95000"}: the market of the pair moves there at once
  POST   /admin/deposit   {"asset": "XBT", "amount": "0.5", "at_once": true}
  POST   /admin/fail      {}: pending deposits and withdrawals fail; with "refid", only that one`

/** The command `exchange`. It loads the exchange lazily, so that other commands start without it. */
export const exchange = Command.make(
  "exchange",
  {
    port: Options.integer("port").pipe(
      Options.withDescription("Port to listen on; 0 for any free port. Default: 8766"),
      Options.withDefault(8766)
    ),
    wsPort: Options.integer("ws-port").pipe(
      Options.withDescription(
        "Port of the WebSocket; 0 for any free port. Default: 8767, or any free port if --port is given"
      ),
      Options.optional
    ),
    host: Options.text("host").pipe(
      Options.withDescription("Address to listen on; only this machine can use the admin path. Default: 127.0.0.1"),
      Options.withDefault("127.0.0.1")
    ),
    seed: Options.integer("seed").pipe(
      Options.withDescription("Number that determines market, ids, keys and secrets; without it, keys are random"),
      Options.optional
    ),
    json: Options.boolean("json").pipe(Options.withDescription("Print the URLs and the keys as one line of JSON")),
    noRateLimits: Options.boolean("no-rate-limits").pipe(Options.withDescription("Turn off rate limits and lockouts")),
    faults: Options.text("fault").pipe(
      Options.withPseudoName("FAULT"),
      Options.withDescription(
        "Fault to inject: ENDPOINT=KIND, or ENDPOINT=KIND,count=2,seconds=20, or CHANNEL=KIND. The kinds are below"
      ),
      Options.repeated
    )
  },
  Effect.fn(function* (options) {
    const { serve } = yield* load(() => import("./exchangeServer.ts"))
    return yield* serve(options)
  })
).pipe(Command.withDescription("Serve a simulated Kraken with REST and WebSocket, for tests"))
