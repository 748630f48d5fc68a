import { strToU8, zipSync } from "fflate"

const order = {
  refid: null,
  userref: null,
  cl_ord_id: "6d1b345e-2821-40e2-ad83-4ecb18a06876",
  status: "closed",
  reason: null,
  opentm: 1760996000.7808,
  closetm: 1760996003.1922,
  starttm: 0,
  expiretm: 0,
  descr: {
    pair: "XBTUSD",
    aclass: "forex",
    type: "buy",
    ordertype: "market",
    price: "0",
    price2: "0",
    leverage: "none",
    order: "buy 0.00100000 XBTUSD @ market",
    close: ""
  },
  vol: "0.00100000",
  vol_exec: "0.00100000",
  cost: "112.21050",
  fee: "0.44884",
  price: "112210.5",
  stopprice: "0.00000",
  limitprice: "0.00000",
  misc: "",
  oflags: "fciq",
  trades: ["TZX2WP-XSEOP-FP7WYR"]
}

/** A filled order, by its id. */
export const filled = { "OBCMZD-JIEE7-77TH3F": order }

const trades = {
  "TZX2WP-XSEOP-FP7WYR": {
    ordertxid: "OBCMZD-JIEE7-77TH3F",
    postxid: "TKH2SE-M7IF5-CFI7LT",
    pair: "XXBTZUSD",
    aclass: "forex",
    time: 1760996003.192,
    type: "buy",
    ordertype: "market",
    price: "112210.50000",
    cost: "112.21050",
    fee: "0.44884",
    vol: "0.00100000",
    margin: "0.00000",
    leverage: "0",
    misc: "",
    trade_id: 91230001,
    maker: false,
    ledgers: ["LABCDE-12345-FGHIJK", "LBCDEF-23456-GHIJKL"]
  }
}

const ledger = {
  "LABCDE-12345-FGHIJK": {
    refid: "TJKLXF-PGMUI-4NTLXU",
    time: 1760999100.4411,
    type: "trade",
    subtype: "",
    aclass: "currency",
    asset: "ZUSD",
    amount: "-112.3501",
    fee: "0.4494",
    balance: "12543.2210"
  }
}

const transfer = {
  method: "Bitcoin",
  aclass: "currency",
  asset: "XXBT",
  refid: "FTQcuak-V6Za8qrWnhzTx67yYHz8Tg",
  txid: "6544b41b607d8b2512baf801755a3a87b6890eacdb451be8a94059fb11f0a8d9",
  info: "bc1qexampleexampleexample",
  amount: "0.05000000",
  fee: "0.0000000000",
  time: 1760992722,
  status: "Success"
}

const fee = { fee: "0.4000", min_fee: "0.1000", max_fee: "0.4000", next_fee: "0.3500", tier_volume: "0" }

const event = {
  event_id: "ev-1",
  title: "Spot trading engine upgrade",
  expected_start_utc: "2026-09-23T13:00:00Z",
  expected_end_utc: "2026-09-23T13:30:00Z",
  time_to_start_s: 186298,
  phase: "announced",
  affected_services: ["spot_trading"],
  order_submission: "allowed",
  recommended_action: "continue",
  cancel_before_utc: null,
  source_url: "https://status.kraken.com/"
}

/** Id of the strategy in all Earn answers. */
export const strategy_id = "ESRFUO3-Q62XD-WIOIL7"

const amounts = (native: string, converted: string) => ({ native, converted })

/** Makes the answer of `Earn/Allocations`, with the total and the pending amount of the strategy. */
export const allocations = (total: string, pending = "0") => ({
  converted_asset: "USD",
  converted_asset_class: "currency",
  total_allocated: "148.2000",
  total_rewarded: "2.0675",
  next_cursor: null,
  items: [
    {
      strategy_id,
      native_asset: "SOL",
      asset_class: "currency",
      is_utilized: true,
      amount_allocated: {
        total: amounts(total, "148.2000"),
        pending: pending === "0" ? null : amounts(pending, "1.0000")
      },
      total_rewarded: amounts("0.5600000000", "2.0675"),
      payout: {
        period_start: "2026-01-01T00:00:00Z",
        period_end: "2026-01-08T00:00:00Z",
        accumulated_reward: amounts("0.0100000000", "0.0369"),
        estimated_reward: amounts("0.0200000000", "0.0738")
      }
    }
  ]
})

/**
 * Answers from Kraken's documentation, for the endpoints that the fake does not simulate. It simulates orders,
 * withdrawals, lists and keys.
 */
export const answers: Readonly<Record<string, unknown>> = {
  "public/MaintenanceSchedule": { events: [event] },
  "public/Ticker": {
    XXBTZUSD: {
      a: ["112350.10000", "1", "1.000"],
      b: ["112350.00000", "2", "2.000"],
      c: ["112350.10000", "0.00150000"],
      v: ["812.53120011", "1640.22019833"],
      p: ["111980.52210", "111702.90133"],
      t: [21543, 44012],
      l: ["110900.00000", "110250.10000"],
      h: ["112990.00000", "112990.00000"],
      o: "111420.30000"
    }
  },
  "public/OHLC": {
    XXBTZUSD: [
      [1760990400, "111800.0", "112000.0", "111700.0", "111900.0", "111851.9", "40.10000000", 990],
      [1760994000, "111900.0", "112400.0", "111850.1", "112210.5", "112102.2", "53.20110000", 1204]
    ],
    last: 1760990400
  },
  "public/Depth": {
    XXBTZUSD: {
      asks: [
        ["112350.10000", "1.204", 1761000010],
        ["112351.00000", "0.300", 1761000008]
      ],
      bids: [["112350.00000", "2.111", 1761000009]]
    }
  },
  "public/Trades": {
    XXBTZUSD: [
      ["112350.10000", "0.00150000", 1761000008.1234567, "b", "m", "", 91234567],
      ["112350.00000", "0.01000000", 1761000009.2345, "s", "l", "", 91234568]
    ],
    last: "1761000009234567812"
  },
  "public/Spread": {
    XXBTZUSD: [
      [1761000008, "112350.00000", "112350.10000"],
      [1761000009, "112349.90000", "112350.10000"]
    ],
    last: 1761000009
  },
  "public/GroupedBook": {
    pair: "BTC/USD",
    grouping: 100,
    bids: [{ price: "112350.00000", qty: "4.20110000" }],
    asks: [{ price: "112360.00000", qty: "3.99000000" }]
  },
  "public/PreTrade": {
    symbol: "BTC/USD",
    description: "BTC/USD",
    base_asset: "BTC",
    base_notation: "UNIT",
    quote_asset: "USD",
    quote_notation: "MONE",
    venue: "PGSL",
    system: "CLOB",
    bids: [
      {
        side: "BUY",
        price: "112350.0",
        qty: "2.11100000",
        count: 3,
        publication_ts: "2026-09-21T09:15:02.123456Z",
        submission_ts: "2026-09-21T09:14:59.000001Z"
      }
    ],
    asks: []
  },
  "public/PostTrade": {
    last_ts: "2026-09-21T09:15:02.123456Z",
    count: 1,
    trades: [
      {
        trade_id: "TAAAAA-BBBBB-DDDDDD",
        price: "112350.1",
        quantity: "0.00150000",
        symbol: "BTC/USD",
        description: "BTC/USD",
        trade_venue: "PGSL",
        trade_ts: "2026-09-21T09:15:02.123456Z",
        publication_venue: "PGSL",
        publication_ts: "2026-09-21T09:15:02.223456Z"
      }
    ]
  },
  "private/BalanceEx": {
    ZUSD: { balance: "12543.2210", hold_trade: "2247.0000" },
    XXBT: { balance: "0.3000000000", credit: "0.1000000000", credit_used: "0.0200000000", hold_trade: "0.1000000000" }
  },
  "private/TradeBalance": {
    eb: "97312.4410",
    tb: "97312.4410",
    m: "2247.0000",
    n: "-10.5021",
    c: "11235.0000",
    v: "11224.4979",
    e: "97301.9389",
    mf: "95054.9389",
    ml: "4330.30",
    uv: "0.0000"
  },
  "private/TradeVolume": {
    currency: "ZUSD",
    volume: "8450.1200",
    fees: { XXBTZUSD: fee },
    fees_maker: { XXBTZUSD: { ...fee, fee: "0.2500" } }
  },
  "private/CreditLines": {
    asset_details: { ZUSD: { balance: "1000.0000", credit_limit: "50000.0000", available_credit: "38000.0000" } },
    limits_monitor: { total_credit_usd: "50000.00", ongoing_balance: null, debt_to_equity: "0.15" }
  },
  "private/ListWalletAccounts": {
    accounts: [
      {
        account_id: "WX6V-JUKW-KKPB-QE36",
        flags: { user_defined: false, active: true },
        status: "active",
        type: "main",
        name: null
      }
    ],
    cursor: { next: null }
  },
  "private/Ledgers": { ledger, count: 1 },
  "private/QueryLedgers": ledger,
  "private/TradesHistory": { trades, count: 1 },
  "private/QueryTrades": trades,
  "private/OpenPositions": {
    "TF5GVO-T7ZZ2-6NBKBI": {
      ordertxid: "OLWNFG-LLH4R-D6SFFP",
      posstatus: "open",
      pair: "XXBTZUSD",
      time: 1760990097.8294,
      type: "buy",
      ordertype: "limit",
      cost: "11235.00000",
      fee: "44.94000",
      vol: "0.10000000",
      vol_closed: "0.00000000",
      margin: "2247.00000",
      value: "11224.5",
      net: "-10.5021",
      terms: "0.0100% per 4 hours",
      rollovertm: "1761004497",
      misc: "",
      oflags: ""
    }
  },
  "private/Level3": {
    pair: "XBTUSD",
    bids: [
      {
        price: "112350.00000",
        qty: "0.50000000",
        order_id: "OAAAAA-BBBBB-CCCCCC",
        timestamp: "1761000009123456789"
      }
    ],
    asks: []
  },
  "private/AddExport": { id: "TCJA" },
  "private/ExportStatus": [
    {
      id: "TCJA",
      descr: "October trades",
      format: "CSV",
      report: "trades",
      subtype: "all",
      status: "Processed",
      fields: "all",
      createdtm: "1761000100",
      starttm: "1761000101",
      completedtm: "1761000105",
      datastarttm: "1759276800",
      dataendtm: "1761000000",
      aclass: "forex",
      asset: "all"
    }
  ],
  "private/RetrieveExport": zipSync(
    {
      "trades.csv": strToU8(
        '"txid","time","misc"\r\n"T1","2025-10-20 22:40:00","a, b"\r\n"T2","2025-10-20 22:41:00",""\r\n'
      )
    },
    { mtime: "2026-01-01T00:00:00" }
  ),
  "private/RemoveExport": { delete: true },
  "private/DepositMethods": [
    {
      method: "Bitcoin",
      limit: false,
      fee: "0.0000000000",
      "address-setup-fee": "0.1",
      "gen-address": true,
      minimum: "0.00010000"
    },
    { method: "Bitcoin Lightning", limit: "0.10000000", fee: "0.00000000", minimum: "0.00000001" }
  ],
  "private/DepositAddresses": [{ address: "bc1qexampleexampleexample", expiretm: "0", new: true }],
  "private/DepositStatus": { deposit: [{ ...transfer, originators: [] }], next_cursor: "MADE-UP-CURSOR-1" },
  "private/WithdrawMethods": [
    {
      asset: "XXBT",
      method: "Bitcoin",
      network: "Bitcoin",
      minimum: "0.00040000",
      fee: { aclass: "currency", asset: "XXBT", fee: "0.00010000" },
      limits: [
        {
          description: "Daily",
          limit_type: "equiv_amount",
          limits: { "86400": { maximum: "10000000.00", remaining: "10000000.00", used: "0.00" } }
        }
      ]
    }
  ],
  "private/WithdrawAddresses": [
    {
      address: "bc1qexampleexampleexample",
      asset: "XBT",
      method: "Bitcoin",
      key: "btc-wallet-1",
      memo: null,
      verified: true
    }
  ],
  "private/WithdrawInfo": { method: "Bitcoin", limit: "0.75401000", amount: "0.04990000", fee: "0.00010000" },
  "private/WalletTransfer": { refid: "FTQcuak-V6Za8qrPnhsTx47yYLz8Tg" },
  "private/Earn/Strategies": {
    next_cursor: null,
    items: [
      {
        id: strategy_id,
        asset: "SOL",
        asset_class: "currency",
        lock_type: {
          type: "bonded",
          payout_frequency: 604800,
          bonding_period: 0,
          bonding_period_variable: false,
          bonding_rewards: false,
          exit_queue_period: 0,
          unbonding_period: 2419200,
          unbonding_period_variable: false,
          unbonding_rewards: false
        },
        apr_estimate: { low: "8.0000", high: "12.0000" },
        user_min_allocation: "0.01",
        allocation_fee: "0.0000",
        deallocation_fee: "0.0000",
        auto_compound: { type: "enabled" },
        yield_source: { type: "staking" },
        can_allocate: true,
        can_deallocate: true,
        allocation_restriction_info: []
      }
    ]
  },
  "private/Earn/Allocations": allocations("40.1000000000"),
  "private/Earn/Allocate": true,
  "private/Earn/Deallocate": true,
  "private/Earn/AllocateStatus": { pending: false },
  "private/Earn/DeallocateStatus": { pending: false },
  "private/CreateSubaccount": true,
  "private/AccountTransfer": { transfer_id: "TOH3AS2-LPCWR8-JDQGEU", status: "complete" },
  "private/GetWebSocketsToken": { token: "EXAMPLE-WEBSOCKET-TOKEN", expires: 900 }
}
