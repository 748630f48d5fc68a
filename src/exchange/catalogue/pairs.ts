import type { Asset } from "./assets.ts"
import type { Schedule } from "./fees.ts"
import { rescale } from "../base/fixed.ts"

/** Rules and fees of a pair's orders. They can change while orders are open. */
export interface Rules {
  tick: bigint
  ordermin: bigint
  /** Minimum cost of an order, in the quote asset's units. */
  costmin: bigint
  fees: Schedule
  text: { readonly ordermin: string; readonly costmin: string; readonly tick: string }
}

/**
 * A pair. Prices are in units of 10^-priceDecimals of the quote asset, volumes in units of 10^-lotDecimals of the base
 * asset. A listing with other decimals is therefore a different pair.
 */
export interface Pair extends Rules {
  readonly id: string
  readonly altname: string
  readonly wsname: string
  readonly display: string
  readonly base: Asset
  readonly quote: Asset
  readonly costDecimals: number
  readonly priceDecimals: number
  readonly lotDecimals: number
  readonly leverage: ReadonlyArray<number>
  readonly positionLimits?: readonly [long: number, short: number]
  readonly status: (typeof statuses)[number]
}

export const statuses = ["online", "cancel_only", "post_only", "limit_only", "reduce_only"] as const

/** Returns the key under which an answer lists a pair: `BTC/USD` stays `BTC/USD`, any other name becomes the id. */
export const keyOf = (pair: Pair, asked: string): string => (asked.includes("/") ? pair.display : pair.id)

/** Converts a volume to units of the base asset. */
export const baseAmount = (pair: Pair, volume: bigint, mode: "floor" | "ceil" = "floor"): bigint =>
  rescale(volume, pair.lotDecimals, pair.base.decimals, mode)

/** Returns price times volume in units of the quote asset. */
export const quoteAmount = (pair: Pair, price: bigint, volume: bigint, mode: "floor" | "ceil"): bigint =>
  rescale(price * volume, pair.priceDecimals + pair.lotDecimals, pair.quote.decimals, mode)

/** Returns price times volume with the pair's cost decimals, as orders and trades print it. */
export const costOf = (pair: Pair, price: bigint, volume: bigint): bigint =>
  rescale(price * volume, pair.priceDecimals + pair.lotDecimals, pair.costDecimals, "half")

/**
 * Returns the volume that an amount of the quote asset still buys at a price. `spent` is the exact cost so far, with
 * priceDecimals + lotDecimals: rounded costs would leave remainders that buy something for nothing.
 */
export const volumeFor = (pair: Pair, price: bigint, amount: bigint, spent: bigint): bigint =>
  (rescale(amount, pair.quote.decimals, pair.priceDecimals + pair.lotDecimals, "floor") - spent) / price
