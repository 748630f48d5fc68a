import { Effect, Option, Schema, Stream } from "effect"
import { boundsFault, makeNewTrades, reachedBound } from "../../domain/live/bounds.ts"
import type { Trade } from "../../domain/live/values.ts"
import { report } from "../../services/CallContext.ts"
import { monotonic } from "../../services/Clocks.ts"
import { MarketData, type Snapshot } from "../../services/MarketData.ts"
import { optional, withDefault } from "../kit/fields.ts"
import { PairName } from "../kit/nameFields.ts"
import { integer, Positive } from "../kit/numberFields.ts"
import { pairOf } from "../kit/pairOf.ts"
import * as Tool from "../kit/tool.ts"

/** The pause between two notifications of progress. */
const reportEvery = "5 seconds"

/** The prices of one look at the market, oldest first, and the monotonic time at which they were received. */
interface Seen {
  readonly prices: ReadonlyArray<string>
  readonly source: Snapshot<unknown>["source"]
  readonly at: number
}

const seen = <A>({ age, source, value }: Snapshot<A>, pricesOf: (value: A) => ReadonlyArray<string>) =>
  Effect.map(monotonic, (now): Seen => ({ prices: pricesOf(value), source, at: now - age }))

export const waitForPrice = Tool.make("wait_for_price", {
  title: "Wait for a price",
  description:
    "Wait until a pair's last trade is at above or more, or at below or less (give one or both), or time runs out: reached says which, price is the current one. Every trade counts while source is websocket; with rest it checks every 5 s.",
  endpoint: "public/Ticker",
  input: {
    pair: PairName,
    above: optional(Positive),
    below: optional(Positive),
    timeout_s: withDefault(integer("Longest wait in s", 0, 45), 30)
  },
  rules: (bounds) => {
    const fault = boundsFault(bounds)
    return fault === undefined ? [] : [{ path: "above", fault }]
  },
  handler: Effect.fn("Tool.wait_for_price")(function* ({ timeout_s, ...input }) {
    const pair = yield* pairOf(input.pair)
    const market = yield* MarketData
    const ticker = market.ticker(pair)
    const newTrades = makeNewTrades()
    const newPrices = (trades: ReadonlyArray<Trade>) => newTrades(trades).map(({ price }) => price)
    const lastOf = ({ last }: { readonly last: string }) => [last]
    let latest: Seen | undefined

    const looks = Stream.merge(
      Stream.mapEffect(ticker.changes, (snapshot) => seen(snapshot, lastOf)),
      Stream.mapEffect(market.trades(pair).pushed, (snapshot) => seen(snapshot, newPrices))
    )
    const reached = looks.pipe(
      Stream.tap((look) =>
        Effect.sync(() => {
          if (look.prices.length > 0) latest = look
        })
      ),
      Stream.filterMap((look) => {
        const price = look.prices.find((each) => reachedBound(each, input) !== undefined)
        return price === undefined ? Option.none() : Option.some({ ...look, prices: [price] })
      }),
      Stream.runHead,
      Effect.raceFirst(reporting(pair.display, () => latest)),
      Effect.timeoutOption(`${timeout_s} seconds`),
      Effect.map(Option.flatten)
    )
    /** The price of now, after a wait in vain. The look that is asked for here can still reach a bound. */
    const now = Effect.gen(function* () {
      const live = yield* ticker.live
      if (Option.isSome(live)) return yield* seen(live.value, lastOf)
      return latest ?? (yield* Effect.flatMap(ticker.snapshot, (snapshot) => seen(snapshot, lastOf)))
    })
    const found = timeout_s === 0 ? Option.none<Seen>() : yield* reached
    const { at, prices, source } = Option.getOrElse(found, () => undefined) ?? (yield* now)
    const price = prices.at(-1) ?? ""
    const bound = reachedBound(price, input)
    return {
      reached: bound !== undefined,
      pair: pair.display,
      price,
      ...(bound !== undefined && { bound }),
      source,
      age_ms: Math.max(0, Math.round((yield* monotonic) - at))
    }
  }),
  output: Schema.Struct({
    reached: Schema.Boolean,
    pair: Schema.String,
    price: Schema.String,
    bound: optional(Schema.String),
    source: Schema.String,
    age_ms: Schema.Number
  })
})

/** Reports the price from time to time. It does not end by itself. */
const reporting = (pair: string, latest: () => Seen | undefined): Effect.Effect<never> => {
  const told = (n: number): Effect.Effect<never> =>
    Effect.suspend(() => {
      const price = latest()?.prices.at(-1)
      return report({ progress: n, message: price === undefined ? `waiting for ${pair}` : `${pair} is at ${price}` })
    }).pipe(Effect.delay(reportEvery), Effect.zipRight(Effect.suspend(() => told(n + 1))))
  return told(1)
}
