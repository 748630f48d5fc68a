import { Schema } from "effect"
import { page, read } from "./endpoint.ts"
import { Amend, BookOrder, Order, Position, Trade } from "./orders.ts"
import { flag, keyed, maybe, Numeric, numeric, optionalText } from "./results.ts"

/**
 * An entry of the ledger.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/get-ledgers read 2026-08-17
 */
const LedgerEntry = Schema.Struct({
  refid: optionalText,
  time: Numeric,
  type: Schema.String,
  subtype: optionalText,
  aclass: optionalText,
  asset: Schema.String,
  amount: Numeric,
  fee: numeric,
  balance: numeric
})

/**
 * The fee tier of a pair. Kraken's documentation spells the fields with underscores, the live service without.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/get-trade-volume read 2026-08-17
 */
const Fee = Schema.Struct({
  fee: Numeric,
  min_fee: numeric,
  minfee: numeric,
  max_fee: numeric,
  maxfee: numeric,
  next_fee: numeric,
  nextfee: numeric,
  tier_volume: numeric,
  tiervolume: numeric,
  next_volume: numeric,
  nextvolume: numeric,
  tier_futures_volume: numeric,
  tierfuturesvolume: numeric,
  next_futures_volume: numeric,
  nextfuturesvolume: numeric,
  volume_offset: numeric,
  volumeoffset: numeric
})

const Tier = Schema.Struct({
  maker_fee: numeric,
  taker_fee: numeric,
  min_spot_volume: numeric,
  min_futures_volume: numeric,
  min_assets_on_platform: numeric,
  active: flag
})

/**
 * A credit line of an asset.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/get-credit-lines read 2026-08-17
 */
const CreditLine = Schema.Struct({
  balance: numeric,
  credit_limit: numeric,
  credit_used: numeric,
  available_credit: numeric,
  collateral_value: numeric,
  hold_trade: numeric
})

/**
 * A wallet account.
 *
 * @see https://docs.kraken.com/api/docs/change-log read 2026-09-07
 */
const Wallet = Schema.Struct({
  account_id: Schema.String,
  name: optionalText,
  type: optionalText,
  status: optionalText,
  active: flag,
  user_defined: flag,
  flags: maybe(Schema.Struct({ active: flag, user_defined: flag }))
})

/**
 * Values of `type` by which ledger entries can be filtered: those of Kraken's documentation, and those that Kraken writes
 * into entries. `sale` selects entries with `spend` and `receive`.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/get-ledgers read 2026-08-17
 */
export const ledgerTypes = [
  "all",
  "trade",
  "deposit",
  "withdrawal",
  "transfer",
  "margin",
  "adjustment",
  "rollover",
  "credit",
  "settled",
  "staking",
  "dividend",
  "sale",
  "nft_rebate",
  "earn",
  "reward",
  "spend",
  "receive",
  "conversion",
  "nfttrade",
  "nftcreatorfee",
  "nftrebate",
  "custodytransfer"
] as const

const openOrClosed = [["query-open-trades"], ["query-closed-trades"]] as const

/** Endpoints that read an account: balances, ledger, orders, trades, positions and key permissions. */
export const account = {
  "private/Balance": read({
    permissions: [["query-funds"]],
    restCost: 1,
    result: keyed(Numeric),
    see: page("get-account-balance")
  }),
  "private/BalanceEx": read({
    permissions: [["query-funds"]],
    restCost: 1,
    result: keyed(Schema.Struct({ balance: Numeric, hold_trade: numeric, credit: numeric, credit_used: numeric })),
    see: page("get-extended-balance")
  }),
  "private/TradeBalance": read({
    permissions: [["query-open-trades"], ["query-funds"]],
    restCost: 1,
    result: Schema.Struct({
      eb: Numeric,
      tb: numeric,
      m: numeric,
      n: numeric,
      c: numeric,
      v: numeric,
      e: numeric,
      mf: numeric,
      ml: numeric,
      uv: numeric,
      mfo: numeric
    }),
    see: page("get-trade-balance")
  }),
  "private/TradeVolume": read({
    permissions: [["query-funds"]],
    restCost: 1,
    result: Schema.Struct({
      currency: Schema.String,
      volume: Numeric,
      inputs: maybe(keyed(Schema.NullOr(Numeric))),
      fees: maybe(keyed(Fee)),
      fees_maker: maybe(keyed(Fee)),
      schedules: maybe(
        Schema.Array(Schema.Struct({ pair: Schema.String, class: optionalText, tiers: Schema.Array(Tier) }))
      ),
      volume_subaccounts: maybe(Schema.Array(Schema.Struct({ iiban: optionalText, volume: numeric })))
    }),
    see: page("get-trade-volume")
  }),
  "private/CreditLines": read({
    permissions: [["query-funds"]],
    restCost: 1,
    result: Schema.NullOr(
      Schema.Struct({
        asset_details: maybe(keyed(CreditLine)),
        limits_monitor: maybe(
          Schema.Struct({
            total_credit_usd: numeric,
            total_credit_used_usd: numeric,
            total_collateral_value_usd: numeric,
            equity_usd: numeric,
            ongoing_balance: numeric,
            debt_to_equity: numeric
          })
        )
      })
    ),
    see: page("get-credit-lines")
  }),
  "private/Ledgers": read({
    permissions: [["query-ledger"]],
    restCost: 2,
    result: Schema.Struct({ ledger: keyed(LedgerEntry), count: numeric }),
    see: page("get-ledgers")
  }),
  "private/QueryLedgers": read({
    permissions: [["query-ledger"]],
    restCost: 2,
    result: keyed(LedgerEntry),
    see: page("get-ledgers-info")
  }),
  "private/OpenOrders": read({
    permissions: [["query-open-trades"]],
    restCost: 1,
    result: Schema.Struct({ open: keyed(Order) }),
    see: page("get-open-orders")
  }),
  "private/ClosedOrders": read({
    permissions: [["query-closed-trades"]],
    restCost: 1,
    result: Schema.Struct({ closed: keyed(Order), count: numeric }),
    see: page("get-closed-orders")
  }),
  "private/QueryOrders": read({
    permissions: openOrClosed,
    restCost: 1,
    result: keyed(Order),
    see: page("get-orders-info")
  }),
  "private/OrderAmends": read({
    permissions: openOrClosed,
    restCost: 1,
    result: Schema.Struct({ amends: Schema.Array(Amend) }),
    see: page("get-order-amends")
  }),
  "private/TradesHistory": read({
    permissions: [["query-closed-trades"]],
    restCost: 2,
    result: Schema.Struct({ trades: keyed(Trade), count: numeric }),
    see: page("get-trade-history")
  }),
  // Kraken does not list the calls that cost 2. The cost of this one is unconfirmed: it might be 1.
  "private/QueryTrades": read({
    permissions: [["query-closed-trades"]],
    restCost: 2,
    result: keyed(Trade),
    see: page("get-trades-info")
  }),
  "private/OpenPositions": read({
    permissions: [["query-open-trades"]],
    restCost: 1,
    // Consolidated positions have no id: they come as a list, or keyed by pair.
    result: Schema.NullOr(Schema.Union(Schema.Array(Position), keyed(Position))),
    see: page("get-open-positions")
  }),
  "private/Level3": read({
    permissions: [["query-open-trades"]],
    restCost: 1,
    result: Schema.Struct({ bids: Schema.Array(BookOrder), asks: Schema.Array(BookOrder) }),
    see: page("get-level-3-order-book")
  }),
  "private/GetApiKeyInfo": read({
    permissions: [[]],
    restCost: 1,
    // Decoded by `domain/keys/keyInfo.ts`, which accepts both of Kraken's spellings.
    result: Schema.Record({ key: Schema.String, value: Schema.Unknown }),
    see: page("get-api-key-info", "2026-05-27")
  }),
  "private/ListWalletAccounts": read({
    permissions: [["query-funds"]],
    unconfirmed: true,
    restCost: 1,
    result: Schema.Struct({ accounts: Schema.Array(Wallet), cursor: maybe(Schema.Struct({ next: optionalText })) }),
    see: { url: "https://docs.kraken.com/api/docs/change-log", read: "2026-09-07" }
  })
}
