import * as fc from "fast-check"
import { recordedMarket } from "../../src/exchange/markets/recorded/recordedMarket.ts"
import { type Exchange, makeExchange } from "../../src/exchange/state/state.ts"
import { opening } from "../doubles/TestMarket.ts"

/** One observation of a market: its move, the sizes in its book, and the trades since the last one. */
export interface Observation {
  readonly move: number
  readonly sizes: ReadonlyArray<string>
  /** True if its levels have changed since the last observation. */
  readonly changed: boolean
  readonly trades: ReadonlyArray<{ readonly away: number; readonly volume: string; readonly ago: number }>
  /** Repeats the last answer, or only its trades. */
  readonly again: "no" | "all" | "trades"
}

const volume = fc.constantFrom("0.00010000", "0.04", "0.3", "1", "7.5")

/** Observations before each step of a sequence. Most steps have none. */
export const observations: fc.Arbitrary<ReadonlyArray<Observation | undefined>> = fc.array(
  fc.option(
    fc.record({
      move: fc.integer({ min: -3, max: 3 }),
      sizes: fc.array(volume, { minLength: 1, maxLength: 6 }),
      changed: fc.boolean(),
      trades: fc.array(fc.record({ away: fc.integer({ min: -5, max: 5 }), volume, ago: fc.nat(900) }), {
        maxLength: 4
      }),
      again: fc.constantFrom("no", "no", "no", "all", "trades")
    }),
    { nil: undefined, freq: 2 }
  ),
  { minLength: 24, maxLength: 24 }
)

/** Makes an exchange on a market that is known only by observations. */
export const observedExchange = (): Exchange =>
  makeExchange(recordedMarket("observed market"), opening, { tier: "pro" })

export interface Book {
  readonly pair: string
  readonly seen: number
  readonly bids: ReadonlyArray<Row>
  readonly asks: ReadonlyArray<Row>
  readonly trades: ReadonlyArray<Row>
}

type Row = ReadonlyArray<unknown>

/**
 * Makes parameters of `control/Observe` from observations, one after the other. Prices move in steps of 5 around 50000.
 */
export const makeObserver = () => {
  let middle = 50_000
  let id = 100
  let last: Book | undefined
  const levels = new Map<number, number>()
  return (observation: Observation, now: number): Book => {
    if (observation.again === "all" && last !== undefined) return last
    middle += observation.move * 5
    const seconds = Math.floor(now / 1000)
    const row = (away: number, volume: string): Row => {
      const price = middle + away * 5
      if (observation.changed || !levels.has(price)) levels.set(price, seconds)
      return [price.toFixed(1), volume, levels.get(price)]
    }
    const before = observation.again === "trades" ? (last?.trades ?? []) : []
    const trades = observation.trades.map(({ ago, away, volume }) => [
      (middle + away * 5).toFixed(1),
      volume,
      now - ago,
      away > 0 ? "b" : "s",
      "m",
      id++
    ])
    last = {
      pair: "XXBTZUSD",
      seen: Math.max(now, (last?.seen ?? 0) + 1),
      bids: observation.sizes.map((volume, i) => row(-i - 1, volume)),
      asks: observation.sizes.map((volume, i) => row(i + 1, volume)),
      trades: [...before, ...trades]
    }
    return last
  }
}

export const observationsAt = (observed: ReadonlyArray<Observation | undefined>) => {
  const observe = makeObserver()
  return (step: number, now: number): Book | undefined => {
    const observation = observed[step]
    return observation && observe(observation, now)
  }
}
