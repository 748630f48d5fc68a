/**
 * Market and account data as it is kept up to date. Decimals are strings with the digits that Kraken sent.
 */

/** The best prices of a pair and its last trade. Quantities are in the base currency. */
export interface Ticker {
  readonly bid: string
  readonly bidQuantity: string
  readonly ask: string
  readonly askQuantity: string
  readonly last: string
  /** Of the last 24 hours. */
  readonly volume: string
  readonly volumeWeightedPrice: string
  readonly low: string
  readonly high: string
}

/** A price level: the price and the quantity in the base currency. */
export interface Level {
  readonly price: string
  readonly quantity: string
}

/** An order book: both sides, best price first. */
export interface Book {
  readonly bids: ReadonlyArray<Level>
  readonly asks: ReadonlyArray<Level>
}

/** A public trade. */
export interface Trade {
  readonly id: string
  readonly side: "buy" | "sell"
  readonly price: string
  readonly quantity: string
  /** Unix milliseconds. */
  readonly time: number
  /** The type of the order that took the other one. */
  readonly type?: "market" | "limit" | undefined
}

/** A candle. Volume is in the base currency. */
export interface Candle {
  /** Its beginning in Unix seconds. */
  readonly time: number
  readonly open: string
  readonly high: string
  readonly low: string
  readonly close: string
  readonly volumeWeightedPrice: string
  readonly volume: string
  readonly trades: number
}

/** Statuses of pairs and assets by display name, such as `online` and `enabled`. */
export interface Instruments {
  readonly pairs: ReadonlyMap<string, string>
  readonly assets: ReadonlyMap<string, string>
}

/** The status of the trading engine: `online`, `maintenance`, `cancel_only`, `post_only`, or one that Kraken adds. */
export type SystemStatus = string

/** An open order. A field that Kraken did not send is absent. */
export interface OpenOrder {
  readonly id: string
  readonly clientId?: string | undefined
  readonly userref?: string | undefined
  /** The display name of the pair, e.g. `BTC/USD`. */
  readonly pair: string
  readonly side: "buy" | "sell"
  readonly type: string
  /** `pending` or `open`. */
  readonly status: string
  /** In the base currency. */
  readonly quantity?: string | undefined
  readonly filled: string
  readonly limitPrice?: string | undefined
}

/** A part of an order that was carried out. */
export interface Fill {
  /** Kraken's id of the trade, e.g. `TKH2SE-M7IF5-CFI7LT`. No two fills share one. */
  readonly id: string
  readonly orderId: string
  readonly pair: string
  readonly side: "buy" | "sell"
  readonly price: string
  readonly quantity: string
  /** Unix milliseconds. */
  readonly time: number
}

/** A change of an order, as it is told once. */
export type OrderEvent =
  | { readonly _tag: "Opened"; readonly order: OpenOrder }
  | { readonly _tag: "Changed"; readonly order: OpenOrder }
  | { readonly _tag: "Filled"; readonly fill: Fill; readonly order: OpenOrder | undefined }
  /** The order is no longer open. `status` is `filled`, `canceled`, `expired`, or `gone` if only its absence was seen. */
  | { readonly _tag: "Closed"; readonly id: string; readonly status: string; readonly order: OpenOrder | undefined }

/** Balances of all wallets together, by the asset's display name. */
export type Balances = ReadonlyMap<string, string>

/** Amounts of each wallet of each asset, by the asset's display name. A wallet is named as in `spot main`. */
export type Wallets = ReadonlyMap<string, ReadonlyMap<string, string>>

/** Open orders by id. */
export type OpenOrders = ReadonlyMap<string, OpenOrder>
