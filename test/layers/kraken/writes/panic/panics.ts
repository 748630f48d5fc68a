import { Clock, Duration, Effect, Layer, Option, Redacted } from "effect"
import { KrakenClientHttp } from "../../../../../src/layers/kraken/client/KrakenClientHttp.ts"
import { NonceSourceMemory } from "../../../../../src/layers/kraken/nonces/NonceSourceMemory.ts"
import { RateBudgetOff } from "../../../../../src/layers/kraken/rates/RateBudgetOff.ts"
import { krakenCalls } from "../../../../../src/layers/kraken/writes/panic/panicCalls.ts"
import type { PanicOptions } from "../../../../../src/layers/kraken/writes/panic/panicReport.ts"
import type { PanicRecord } from "../../../../../src/layers/kraken/writes/panic/panicParts.ts"
import { runPanic } from "../../../../../src/layers/kraken/writes/panic/panicRoutine.ts"
import { KrakenClient } from "../../../../../src/services/KrakenClient.ts"
import { makeFakeKraken } from "../../../../doubles/FakeKraken.ts"
import type { Key } from "../../../../doubles/fake/Keys.ts"
import { inProcess } from "../../../../doubles/fake/InProcess.ts"
import { TestConfig } from "../../../../doubles/TestConfig.ts"
import { testOperator } from "../../../../doubles/TestPrincipal.ts"

/** The parameters of an order that stays open. */
export const limit = { pair: "XBTUSD", type: "buy", ordertype: "limit", volume: "0.1", price: "100" }

/** A record without writes. */
export const emptyRecord: PanicRecord = {
  inFlight: Effect.succeed([]),
  own: () => Effect.succeed(new Set()),
  tokens: Effect.succeed(0),
  timer: Effect.succeedNone,
  recorded: (_endpoint, _params, call) => call,
  proven: () => Effect.void,
  gaps: Effect.succeedNone
}

/** A fake Kraken, and panics on its account under `TestClock`. */
export const makePanics = (keyName: "full" | "trade" | "none" = "full") => {
  const fake = makeFakeKraken()
  const key: Key = fake.keys[keyName]
  const said: Array<string> = []
  const client = KrakenClientHttp.pipe(
    Layer.provide([inProcess(fake), NonceSourceMemory, RateBudgetOff]),
    Layer.provide(
      TestConfig({
        httpTimeout: Duration.seconds(5),
        credentials: Option.some({
          key: Redacted.make(key.key),
          secret: Redacted.make(key.secret),
          otp: Option.none()
        })
      })
    )
  )
  /** Adds open orders of another program. */
  const place = (count: number, params: object = {}) =>
    Effect.map(Clock.currentTimeMillis, (now) =>
      Array.from({ length: count }, () => fake.orders.add({ ...limit, ...params }, { now }).txid)
    )
  return {
    fake,
    said,
    place,
    open: () => fake.orders.all().flatMap(({ status, txid }) => (status === "open" ? [txid] : [])),
    /** The names of all endpoints that were called, without reads, in order. */
    writes: () =>
      fake.seen.flatMap(({ endpoint, params }) =>
        /Cancel/.test(endpoint)
          ? [
              endpoint.replace("private/", "") +
                (params["timeout"] === undefined ? "" : ` ${String(params["timeout"])}`)
            ]
          : []
      ),
    panic: (options: Partial<PanicOptions> = {}, record: Partial<PanicRecord> = {}) =>
      Effect.flatMap(KrakenClient, (kraken) =>
        runPanic(
          { scope: "all", keepStops: false, withdrawals: "list", ...options },
          {
            account: "kraken",
            calls: krakenCalls(kraken, testOperator),
            record: { ...emptyRecord, ...record },
            writeList: () => Effect.succeed("list.json"),
            sawOpen: () => Effect.void,
            say: (line) => Effect.sync(() => void said.push(line))
          }
        )
      ).pipe(Effect.provide(client))
  }
}
